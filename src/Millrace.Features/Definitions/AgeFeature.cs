using System.Collections.Immutable;
using System.Runtime.Intrinsics;
using Millrace.Features.Catalogue;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>Recency: 1 when the item is new, halving every <paramref name="HalfLife"/>: <c>{name, entity: item, age: published, halfLife: 6h}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Since">What the age is measured from.</param>
/// <param name="HalfLife">1 s to 90 days; null reads the age itself, in hours.</param>
/// <param name="Event">The event of <see cref="AgeSince.LastEvent"/> and <see cref="AgeSince.FirstEvent"/>, else unused; one longer ago than eight half-lives, or a week without one, is missing.</param>
public sealed record AgeFeature(string Name, AgeSince Since, TimeSpan? HalfLife = null, string Event = "click") : FeatureDefinition(Name)
{
    private const double MicrosPerHour = 3_600_000_000.0;

    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override ImmutableArray<StateKey> States =>
        Since switch
        {
            AgeSince.LastEvent => [new LastTimesKey(Event, Kept)],
            AgeSince.FirstEvent => [new FirstTimesKey(Event, Kept)],
            _ => [],
        };

    internal override (FeatureEntity Of, string Event)? Dated => Since is AgeSince.LastEvent or AgeSince.FirstEvent ? (FeatureEntity.Item, Event) : null;

    private TimeSpan Kept => HalfLife * ForwardDecay.Kept ?? TimeSpan.FromDays(7);

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(HalfLife is { } halfLife ? DefinitionFaults.Span("halfLife", halfLife) : []);

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var halfLife = HalfLife is { } given ? given.Ticks / (double)TimeSpan.TicksPerMicrosecond : 0;
        var now = read.Now.Value;
        var ages = read.Doubles(column.Length);
        switch (Since)
        {
            case AgeSince.LastEvent:
                var times = read.State<LastTimes.Frozen>(0);
                Ages(now, read.Longs(times.At), times.From, ages);
                break;
            case AgeSince.FirstEvent:
                var firsts = read.State<FirstTimes.Frozen>(0);
                for (var i = 0; i < ages.Length; i++)
                {
                    ages[i] = Age(now, firsts.Of(read.Row(i)));
                }

                break;
            case AgeSince.FirstSeen:
                foreach (var row in read.Rows)
                {
                    read.Snapshot.Prefetch(row, read.Snapshot.Words - ItemWords.Behind, ItemWords.Behind);
                }

                for (var i = 0; i < ages.Length; i++)
                {
                    ages[i] = read.Rows[i] < 0 ? double.NaN : Age(now, ItemWords.FirstSeen(read.Snapshot.Row(read.Rows[i])));
                }

                break;
            default:
                Ages(now, read.Longs(2 * ItemWords.Born), long.MinValue, ages);
                break;
        }

        if (halfLife > 0)
        {
            DeterministicLanes.HalfLifeDecay(ages, halfLife, ages);
        }
        else
        {
            foreach (ref var age in ages)
            {
                age /= MicrosPerHour;
            }
        }

        DeterministicLanes.ToFloats(ages, column);
    }

    /// <summary>The age of each time that is later than <paramref name="from"/>; NaN where there is none.</summary>
    private static void Ages(long now, LongColumn times, long from, Span<double> ages)
    {
        var (end, begin) = (Vector256.Create(now), Vector256.Create(from));
        for (var i = 0; i < ages.Length; i += Vector256<double>.Count)
        {
            var time = times.Load(i);
            var some = Vector256.GreaterThan(time, begin) & ~Vector256.Equals(time, Vector256<long>.Zero);
            Lanes.Where(some.AsDouble(), Vector256.ConvertToDouble(Vector256.Max(Vector256<long>.Zero, end - time))).CopyTo(ages[i..]);
        }
    }

    private static double Age(long now, long since) => since == 0 ? double.NaN : Math.Max(0, now - since);
}

/// <summary>What an age is measured from.</summary>
public enum AgeSince
{
    /// <summary>The item's publication, else the first fact about it.</summary>
    Published,

    /// <summary>The first fact about it.</summary>
    FirstSeen,

    /// <summary>Its last event of a kind.</summary>
    LastEvent,

    /// <summary>Its first event of a kind, of those within the last eight half-lives (a week without one).</summary>
    FirstEvent,
}
