using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>Recency: 1 when the item is new, halving every <paramref name="HalfLife"/>: <c>{name, entity: item, age: published, halfLife: 6h}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Since">What the age is measured from.</param>
/// <param name="HalfLife">1 s to 90 days; null reads the age itself, in hours.</param>
/// <param name="Event">The event of <see cref="AgeSince.LastEvent"/>, else unused; one longer ago than eight half-lives, or a week without one, is missing.</param>
public sealed record AgeFeature(string Name, AgeSince Since, TimeSpan? HalfLife = null, string Event = "click") : FeatureDefinition(Name)
{
    internal override StateKey? State => Since == AgeSince.LastEvent ? new LastTimesKey(Event, HalfLife * 8 ?? TimeSpan.FromDays(7)) : null;

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(HalfLife is { } halfLife ? DefinitionFaults.Span("halfLife", halfLife) : []);

    internal override void Read(in FeatureRead read, FrozenState? state, int column)
    {
        long now = read.Now.Value;
        for (int i = 0; i < read.Rows.Length; i++)
        {
            long? since = Since switch
            {
                AgeSince.LastEvent when read.Rows[i] >= 0 => ((LastTimes.Frozen)state!).Of(read.Rows[i]) is var last and not 0 ? last : null,
                AgeSince.FirstSeen => read.Item(i)?.FirstSeen.Value,
                AgeSince.Published => read.Item(i)?.Born.Value,
                _ => null,
            };
            if (since is not { } start) continue;
            double age = Math.Max(0, now - start);
            read.Cell(i, column) = HalfLife is { } halfLife
                ? (float)Deterministic.HalfLifeDecay(age, halfLife.Ticks / (double)TimeSpan.TicksPerMicrosecond)
                : (float)(age / 3_600_000_000.0);
        }
    }
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
}
