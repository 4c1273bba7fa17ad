using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>What a person had with this very item before: <c>{name, entity: user-item, past: click, window: 7d, as: count}</c>, among the person's last events of the kind.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Of">Whose past: <see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event.</param>
/// <param name="Window">1 s to 90 days, to the microsecond.</param>
/// <param name="As">How it is read.</param>
public sealed record PastFeature(string Name, FeatureEntity Of, string Event, TimeSpan Window, PastRead As = PastRead.Count) : FeatureDefinition(Name)
{
    /// <summary>How many of the person's last events of the kind are kept, 1 to 100.</summary>
    public int Most { get; init; } = 100;

    /// <summary>1 s to 90 days: how fast <see cref="PastRead.Recency"/> halves.</summary>
    public TimeSpan HalfLife { get; init; } = TimeSpan.FromDays(1);

    public override FeatureEntity Entity => FeatureEntity.UserItem;

    internal override ImmutableArray<PersonKey> Sections => [new EventHistoryKey(Of.Person(), Event, Most, Window)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(DefinitionFaults.Span("halfLife", HalfLife))
        .Concat(DefinitionFaults.Between("most", Most, 1, 100));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        if (As != PastRead.Age)
        {
            column.Clear();
        }

        var items = read.Items(0);
        var candidates = read.Candidates;
        double window = Window.Ticks / (double)TimeSpan.TicksPerMicrosecond;
        double halfLife = HalfLife.Ticks / (double)TimeSpan.TicksPerMicrosecond;
        for (var i = 0; i < items.Rows.Length; i++)
        {
            var age = items.Ages[i];
            if (age >= window || candidates.Of(items.Rows[i]) is not (>= 0 and var candidate))
            {
                continue;
            }

            // Newest first: the first one of an item tells when it was last.
            ref var value = ref column[candidate];
            value = As switch
            {
                PastRead.Age => float.IsNaN(value) ? (float)(age / 3_600_000_000.0) : value,
                PastRead.Recency => value == 0 ? (float)Deterministic.HalfLifeDecay(age, halfLife) : value,
                _ => value + 1,
            };
        }

        if (As == PastRead.Log)
        {
            foreach (ref var value in column)
            {
                value = CountLog.LogOnePlus((long)value);
            }
        }

        read.Blank(column);
    }
}

/// <summary>How a person's past with an item is read.</summary>
public enum PastRead
{
    /// <summary>How often; zero for never.</summary>
    Count,

    /// <summary>log(1 + how often).</summary>
    Log,

    /// <summary>Hours since the last time; missing for never.</summary>
    Age,

    /// <summary>1 for just now, halving every half-life, zero for never.</summary>
    Recency,
}
