using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// A feature: one definition that serves and trains. A kind of feature is one heir of this class: it says which integer state it needs
/// (definitions with equal keys share one) and how that state is read as floats at the epoch's time.
/// </summary>
/// <param name="Name">The name that a policy's <c>blend</c> uses: 1 to 64 of a–z, 0–9 and underscore, beginning with a letter.</param>
public abstract record FeatureDefinition(string Name)
{
    /// <summary>Owner, life, default and the like.</summary>
    public FeatureInfo Info { get; init; } = FeatureInfo.None;

    /// <summary>What it is a value of.</summary>
    public abstract FeatureEntity Entity { get; }

    /// <summary>The item states that it reads, in the order of <see cref="FeatureRead.State{T}"/>; empty when the catalogue is enough.</summary>
    internal virtual ImmutableArray<StateKey> States => [];

    /// <summary>The sections of a person's state that it reads, in the order of <see cref="FeatureRead.Section"/>.</summary>
    internal virtual ImmutableArray<PersonKey> Sections => [];

    /// <summary>How far back it looks: older events change nothing of it.</summary>
    internal TimeSpan Reach => States.Select(state => state.Reach)
        .Concat(Sections.Select(section => section.Reach))
        .Append(Expiry?.Reach ?? default).Append(PersonExpiry?.Reach ?? default).Max();

    /// <summary>Whether it shows facts with the next epoch, since it reads something of items: what it reads of persons alone shows as soon as it is folded.</summary>
    public bool WaitsForEpoch => !States.IsEmpty || (Sections.IsEmpty && Inputs.IsEmpty && Entity is FeatureEntity.Item or FeatureEntity.ItemContext or FeatureEntity.UserItem or FeatureEntity.UserAttribute);

    /// <summary>Whether it reads anything of persons.</summary>
    internal bool ReadsPersons => !Sections.IsEmpty || PersonExpiry is not null || (Inputs.IsEmpty && Entity is not (FeatureEntity.Item or FeatureEntity.ItemContext or FeatureEntity.Context));

    /// <summary>How far back it looks at persons.</summary>
    internal TimeSpan PersonReach => Sections.Select(section => section.Reach).Append(PersonExpiry?.Reach ?? default).Max();

    /// <summary>Names of the features that it is computed from, in the order of <see cref="FeatureRead.Input"/>.</summary>
    public virtual ImmutableArray<string> Inputs => [];

    /// <summary>Names of the context attributes that it reads, of the request or of events.</summary>
    public virtual ImmutableArray<string> ContextKeys => [];

    /// <summary>
    /// The event from whose last time <see cref="FeatureInfo.Ttl"/> counts, of the item or of a person; null where the kind knows no such time, and no TTL can be set.
    /// </summary>
    internal virtual (FeatureEntity Of, string Event)? Dated => null;

    /// <summary>What is wrong with it, in words; empty when nothing is.</summary>
    internal abstract IEnumerable<string> Faults();

    /// <summary>Writes its value for every candidate.</summary>
    /// <param name="read">What there is to read.</param>
    /// <param name="column">One place per candidate, all NaN before: leave those where it is missing.</param>
    internal abstract void Read(in FeatureRead read, Span<float> column);

    /// <summary>The state that tells whether an item's value has expired; null when none does.</summary>
    internal LastTimesKey? Expiry => Info.Ttl is { } ttl && Dated is (FeatureEntity.Item, var name) ? new LastTimesKey(name, ttl) : null;

    /// <summary>The section that tells whether a person's value has expired; null when none does.</summary>
    internal PersonTimesKey? PersonExpiry =>
        Info.Ttl is { } ttl && Dated is (FeatureEntity.User or FeatureEntity.Session, _) and var (of, name) ? new PersonTimesKey(of.Person(), name, ttl) : null;

    /// <summary>What is wrong with what is said of it beside.</summary>
    internal IEnumerable<string> InfoFaults()
    {
        if (Info.Ttl is { } ttl)
        {
            foreach (var fault in DefinitionFaults.Span("ttl", ttl)) yield return fault;
            if (Dated is null) yield return "ttl: expected none, since this kind has no last event to count from";
        }
    }
}

/// <summary>How a count is read.</summary>
public enum CountRead
{
    /// <summary>As it is.</summary>
    Count,

    /// <summary>log(1 + count).</summary>
    Log,

    /// <summary>Its share of the window's total, 0 to 1.</summary>
    Share,
}