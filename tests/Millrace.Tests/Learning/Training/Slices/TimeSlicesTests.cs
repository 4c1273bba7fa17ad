using CsCheck;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Slices;

namespace Millrace.Tests.Learning.Training.Slices;

public sealed class TimeSlicesTests
{
    private static readonly SliceCuts Cuts = new() { Valid = 0.2, Test = 0.1 };

    [Fact]
    public void Nothing_that_is_trained_on_had_an_outcome_open_when_the_next_slice_began() =>
        Gen.Select(Gen.Long[0, 100], Gen.Long[0, 100], Gen.Long[0, 30], Gen.Long[0, 130]).Sample((one, other, gap, time) =>
        {
            var slices = new TimeSlices(Math.Min(one, other), Math.Max(one, other), gap);
            var expected = time >= slices.TestFrom ? Slice.Test
                : time + gap >= slices.TestFrom ? Slice.Gap
                : time >= slices.ValidFrom ? Slice.Valid
                : time + gap >= slices.ValidFrom ? Slice.Gap
                : Slice.Train;
            Assert.Equal(expected, slices.Of(time));
        });

    [Fact]
    public void Without_cuts_all_is_trained_on() => Assert.Equal(Slice.Train, new TimeSlices(long.MaxValue, long.MaxValue, 1_000).Of(long.MaxValue - 5));

    [Theory]
    [InlineData(7)]
    [InlineData(65_536)]
    public async Task Shares_cut_at_the_decision_that_has_the_row_whatever_the_batches(int batch)
    {
        var whole = await MadeExamples.Make(1, 100).ReadAsync(TestContext.Current.CancellationToken).SingleAsync(TestContext.Current.CancellationToken);
        var slices = await Cuts.ResolveAsync(new ArrayExamples([.. MadeExamples.Names], whole, batch), TestContext.Current.CancellationToken);
        Assert.Equal(new TimeSlices(70, 90), slices);
    }

    [Fact]
    public async Task Times_take_the_place_of_shares()
    {
        var slices = await (Cuts with { ValidFrom = 33, Gap = TimeSpan.FromMicroseconds(2) }).ResolveAsync(MadeExamples.Make(1, 100), TestContext.Current.CancellationToken);
        Assert.Equal(new TimeSlices(33, 90, 2), slices);
    }
}
