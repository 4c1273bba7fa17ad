using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.Intrinsics;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>How often an item had an event in the context of the request: <c>{name, entity: item-context, count: click, by: surface, window: 1d}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event counted.</param>
/// <param name="By"><c>surface</c>, <c>segment</c>, <c>slot</c> (of decisions that fill one slot) or <c>context:NAME</c>. Missing where the request says nothing of it.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a sixtieth.</param>
/// <param name="As">How the count is read; a share is of all the item's events, missing where it had none.</param>
public sealed record CrossFeature(string Name, string Event, string By, TimeSpan Window, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.ItemContext;

    public override ImmutableArray<string> ContextKeys => ContextPart.Keys(By);

    internal override ImmutableArray<StateKey> States => As == CountRead.Share
        ? [new CrossedCountsKey(Event, Window, By), new WindowedSumsKey(Event, Window)]
        : [new CrossedCountsKey(Event, Window, By)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(ContextPart.Faults(By))
        .Concat(DefinitionFaults.Span("window", Window));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        if (ContextPart.HashOf(By, read) is not { } value)
        {
            return;
        }

        var counts = read.State<CrossedCounts.Frozen>(0);
        var rows = read.Rows;
        var some = Some(read.Column(counts.At), read.Integers(column.Length));
        foreach (var i in some)
        {
            counts.Prefetch(rows[i], value);
        }

        var all = As == CountRead.Share ? read.Column(read.State<WindowedSums.Frozen>(1).CountAt) : [];
        column.Clear();
        foreach (var i in some)
        {
            var count = counts.Count(rows[i], value);
            column[i] = As switch
            {
                CountRead.Log => CountLog.LogOnePlus(count),
                CountRead.Share => (float)(count / (double)all[i]),
                _ => count,
            };
        }

        for (var i = 0; i < all.Length; i++)
        {
            if (all[i] == 0)
            {
                column[i] = float.NaN;
            }
        }

        read.Blank(column);
    }

    /// <summary>The candidates that have any count: few of many.</summary>
    private static Span<int> Some(ReadOnlySpan<uint> all, Span<int> some)
    {
        var count = 0;
        for (var i = 0; i < all.Length; i += Lanes.Count)
        {
            var lanes = ~Vector256.Equals(Lanes.Load(all, i), Vector256<uint>.Zero).ExtractMostSignificantBits() & 0xFF;
            for (; lanes != 0; lanes &= lanes - 1)
            {
                some[count++] = i + BitOperations.TrailingZeroCount(lanes);
            }
        }

        return some[..count];
    }
}
