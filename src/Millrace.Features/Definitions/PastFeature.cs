using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>What a person had with this very item before: <c>{name, entity: user×item, past: click, of: user, window: 7d, as: count}</c>, among the person's last events of the kind.</summary>
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

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(DefinitionFaults.Span("halfLife", HalfLife))
        .Concat(DefinitionFaults.Between("most", Most, 1, 100));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
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
