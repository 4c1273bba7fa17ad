using Millrace.Features.Numerics;
using Millrace.Learning.Training.Factorisation;

namespace Millrace.Tests.Learning.Training.Factorisation;

public sealed class ImplicitFactorsTests
{
    private static readonly ImplicitFactorsOptions Small = new() { Dimensions = 4, Sweeps = 8, Threads = 1 };

    [Fact]
    public void No_sweep_raises_the_loss()
    {
        var losses = new List<double>();
        ImplicitFactors.Train(TwoTastes(), Small, (_, loss) => losses.Add(loss), TestContext.Current.CancellationToken);

        Assert.Equal(Small.Sweeps, losses.Count);
        Assert.All(losses.Zip(losses.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1e-9, $"{pair.First} became {pair.Second}."));
    }

    [Fact]
    public void The_loss_is_that_of_its_definition_over_all_pairs()
    {
        var seen = TwoTastes();
        var last = 0.0;
        var factors = ImplicitFactors.Train(seen, Small with { Sweeps = 2, FrequencyScale = 0.5 }, (_, loss) => last = loss, TestContext.Current.CancellationToken);
        var expected = 0.0;
        for (var row = 0; row < seen.Rows; row++)
        {
            expected += Ridge(seen[row].Length, seen.Columns) * Square(factors.Row(row));
            for (var column = 0; column < seen.Columns; column++)
            {
                var score = factors.Score(row, column);
                expected += (Small.Unobserved * score * score) + (seen[row].Contains(column) ? (1 - score) * (1 - score) : 0);
            }
        }

        for (var column = 0; column < seen.Columns; column++)
        {
            expected += Ridge(seen.Transposed()[column].Length, seen.Rows) * Square(factors.Column(column));
        }

        Assert.Equal(expected, last, 1e-9);
    }

    [Fact]
    public void What_one_taste_likes_is_scored_above_what_the_other_does()
    {
        var seen = TwoTastes();
        var factors = ImplicitFactors.Train(seen, Small, null, TestContext.Current.CancellationToken);
        var ease = EaseWeights.Train(seen, 1, 1, TestContext.Current.CancellationToken);

        // Even persons like even items; none has seen all of them.
        for (var person = 0; person < seen.Rows; person++)
        {
            var (own, others) = (Enumerable.Range(0, 10).Select(i => (2 * i) + (person % 2)), Enumerable.Range(0, 10).Select(i => (2 * i) + 1 - (person % 2)));
            Assert.True(own.Average(item => factors.Score(person, item)) > 0.3 + others.Average(item => factors.Score(person, item)), $"person {person}");
            Assert.True(own.Average(item => ease.Score(seen[person], item)) > others.Average(item => ease.Score(seen[person], item)), $"person {person}");
        }
    }

    [Fact]
    public void Threads_do_not_change_a_bit_and_another_seed_does()
    {
        var one = ImplicitFactors.Train(TwoTastes(), Small, null, TestContext.Current.CancellationToken);
        var four = ImplicitFactors.Train(TwoTastes(), Small with { Threads = 4 }, null, TestContext.Current.CancellationToken);
        var other = ImplicitFactors.Train(TwoTastes(), Small with { Seed = 2 }, null, TestContext.Current.CancellationToken);

        Assert.Equal(one.Row(3).ToArray(), four.Row(3).ToArray());
        Assert.Equal(one.Column(3).ToArray(), four.Column(3).ToArray());
        Assert.NotEqual(one.Column(3).ToArray(), other.Column(3).ToArray());
    }

    [Fact]
    public void Ease_of_two_items_is_worked_by_hand()
    {
        // XᵀX = [[2, 1], [1, 1]], λ = 1: the inverse of [[3, 1], [1, 2]] is [[2, −1], [−1, 3]] / 5. Columns by their diagonal, negated: B₀₁ = 1/3, B₁₀ = 1/2.
        var ease = EaseWeights.Train(Interactions.Of([(0, 0), (0, 1), (1, 0)], 2, 2), 1, 1, TestContext.Current.CancellationToken);

        Assert.Equal(1 / 3.0, ease.Score([0], 1), 12);
        Assert.Equal(1 / 2.0, ease.Score([1], 0), 12);
        Assert.Equal(0, ease.Score([0], 0));
    }

    [Fact]
    public async Task A_file_of_factors_names_every_item_and_user()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("factors").FullName, "factors.ndjson");
        var factors = ImplicitFactors.Train(Interactions.Of([(0, 0), (0, 1)], 1, 2), Small, null, TestContext.Current.CancellationToken);
        await FactorFile.WriteAsync(path, factors, ["u\"1"], ["a", "b"], Small, TestContext.Current.CancellationToken);

        var lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        using var last = System.Text.Json.JsonDocument.Parse(lines[^1]);
        Assert.Equal(4, lines.Length);
        Assert.Equal("u\"1", last.RootElement.GetProperty("user").GetString());
        Assert.Equal((float)factors.Row(0)[2], last.RootElement.GetProperty("embedding")[2].GetSingle());
        Assert.False(File.Exists(path + ".part"));
    }

    private static double Ridge(int pairs, int others) => Small.Regularisation * Math.Pow(pairs + (Small.Unobserved * others), 0.5);

    private static double Square(ReadOnlySpan<double> vector)
    {
        var sum = 0.0;
        foreach (var value in vector)
        {
            sum += value * value;
        }

        return sum;
    }

    /// <summary>Forty persons act on 70 % of the ten items of their parity.</summary>
    private static Interactions TwoTastes() => Interactions.Of(
        Enumerable.Range(0, 40).SelectMany(person => Enumerable.Range(0, 10).Select(item => (person, (2 * item) + (person % 2))))
            .Where(pair => Philox.ToUnit(Philox.Draw(7, (ulong)pair.person, (ulong)pair.Item2).First) < 0.7), 40, 20);
}
