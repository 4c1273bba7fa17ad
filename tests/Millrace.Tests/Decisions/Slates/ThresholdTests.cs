using System.Collections.Immutable;
using CsCheck;
using Millrace.Decisions;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Reranking;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Tests.Decisions.Slates;

/// <summary>Thresholds beside pins and several slots, against a count by hand.</summary>
public sealed class ThresholdTests
{
    private static readonly Gen<(bool[] Within, int[] Counts, (int Item, int Slot, int Rank)[] Pins)> Cases = Gen.Select(
        Gen.Bool.Array[1, 8], Gen.Int[1, 4].Array[1, 2], Gen.Select(Gen.Int[0, 9], Gen.Int[0, 1], Gen.Int[1, 4]).Array[0, 4]);

    [Fact]
    public void As_many_beyond_a_threshold_are_shown_as_places_are_left_by_pins_and_those_within() => Cases.Sample((within, counts, pins) =>
    {
        var buffers = new RankBuffers();
        ImmutableArray<DecidedSlot> slots = Rank(within, counts, pins, buffers);
        int[] shown = [.. slots.SelectMany(slot => slot.Items).Select(item => Index(item.Item))];
        HashSet<int> pinned = [.. buffers.Pins.Take(counts.Sum()).Where(pin => pin >= 0)];
        int open = counts.Sum() - pinned.Count;
        int[] free = [.. Enumerable.Range(0, within.Length).Where(i => !pinned.Contains(i))];
        int[] best = [.. free.Where(i => within[i]), .. free.Where(i => !within[i])];
        int[] expected = [.. best.Take(open).Order()];
        Assert.Equal(expected, shown.Where(i => !pinned.Contains(i)).Order());
        Assert.Equal(expected.Any(i => !within[i]), buffers.ThresholdsRelaxed);
        Assert.True(pinned.IsSubsetOf(shown));
    }, iter: 20_000);

    [Fact]
    public void A_pinned_place_does_not_let_in_one_that_is_beyond()
    {
        var buffers = new RankBuffers();
        ImmutableArray<DecidedSlot> slots = Rank([true, false, true, false], [3], [(3, 0, 1)], buffers);
        Assert.Equal(["c3", "c0", "c2"], slots[0].Items.Select(item => item.Item));
        Assert.False(buffers.ThresholdsRelaxed);
    }

    /// <summary>Candidates in the order of their indexes, best first; who is within has 0 in the column of the threshold.</summary>
    private static ImmutableArray<DecidedSlot> Rank(bool[] within, int[] counts, (int Item, int Slot, int Rank)[] pins, RankBuffers buffers)
    {
        var policy = new Policy
        {
            Name = "home",
            Heads = ImmutableSortedDictionary.Create<string, Head>(StringComparer.Ordinal).Add("a", new FeatureHead("f0")).Add("hide", new FeatureHead("f1")),
            Objectives = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal).Add("a", 1),
            Thresholds = ImmutableSortedDictionary.Create<string, Threshold>(StringComparer.Ordinal).Add("hide", new Threshold(AtMost: 0.5)),
            Pins = [.. pins.Select(pin => new Pin($"s{pin.Slot}", pin.Rank, $"c{pin.Item}"))],
        };
        var inputs = new SlateInputs();
        inputs.Begin(policy, null, within.Length, Rung.Full);
        return Ranker.Rank(
            new RankProblem
            {
                Ids = Enumerable.Range(0, within.Length).Select(i => $"c{i}").ToArray(),
                Sources = new uint[within.Length],
                Slate = inputs,
                Matrix = within.SelectMany((good, i) => new float[] { within.Length - i, good ? 0 : 1 }).ToArray(),
                Plan = RankingPlan.Compile(policy, MemoryModelShelf.Empty),
                Slots = counts.Select((count, s) => new RequestSlot($"s{s}", count, [])).ToArray(),
                Policy = policy,
                Rung = Rung.Full,
                Mode = DecideMode.Online,
                Seed = 7,
            },
            buffers);
    }

    private static int Index(string item) => int.Parse(item.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
}
