using Millrace.Backtest.Learnt;

namespace Millrace.Tests.Backtest.Learnt;

public sealed class LearntExamplesTests
{
    private const int Candidates = 400;

    [Fact]
    public async Task The_clicked_and_the_hard_ones_are_kept_and_a_sampled_one_stands_for_those_left_out()
    {
        var examples = new LearntExamples(2, 10, 1);
        examples.Add(Matrix(0), 399, 1);

        var batch = await examples.Of(["value", "rank"], [0, 1]).ReadAsync(TestContext.Current.CancellationToken).SingleAsync(TestContext.Current.CancellationToken);

        var rows = Enumerable.Range(0, batch.Count).Select(i => (Item: batch.Matrix.Span[i * 2], Label: batch.Labels.Span[i], Weight: batch.Weights.Span[i])).ToList();
        Assert.Equal([399], rows.Where(row => row.Label == 1).Select(row => (int)row.Item));
        Assert.Equal(Enumerable.Range(0, 30), rows.Take(30).Select(row => (int)row.Item));
        Assert.All(rows, row => Assert.Equal(row.Item is < 30 or 399 ? 1 : LearntExamples.OthersEvery, row.Weight));
        Assert.InRange(rows.Sum(row => row.Weight), Candidates * 0.6, Candidates * 1.4);
    }

    [Fact]
    public async Task The_oldest_clicks_are_dropped_and_a_column_that_is_left_out_is_not_read()
    {
        var examples = new LearntExamples(2, 3, 1);
        for (var click = 0; click < 5; click++)
        {
            examples.Add(Matrix(click * 1000), 0, 1);
        }

        var read = examples.Of(["value", "rank"], [0]);
        var batch = await read.ReadAsync(TestContext.Current.CancellationToken).SingleAsync(TestContext.Current.CancellationToken);

        Assert.Equal(3, examples.Count);
        Assert.Equal(["value"], read.Features);
        Assert.Equal([2000f, 3000f, 4000f], Enumerable.Range(0, batch.Count).Where(i => batch.Labels.Span[i] == 1).Select(i => batch.Matrix.Span[i]));
        Assert.Equal([0ul, 1, 2], batch.Decisions.ToArray().Distinct());
    }

    private static float[] Matrix(int from) => [.. Enumerable.Range(0, Candidates).SelectMany(i => (float[])[from + i, i])];
}
