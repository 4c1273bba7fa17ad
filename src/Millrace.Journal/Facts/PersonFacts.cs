using System.Collections.Immutable;

namespace Millrace.Journal.Facts;

/// <summary>
/// A user's keys were destroyed: what they sealed before this fact reads as erased. It names nobody in clear; who knows an id and the node's key can tell whether it is meant.
/// </summary>
public sealed record UserErased : Fact
{
    /// <summary>The keyed digest of the user.</summary>
    public required string Digest { get; init; }

    /// <summary>The keyed digests of the sessions that were erased with the user.</summary>
    public ImmutableArray<string> Sessions { get; init; } = [];

    public override FactType Type => FactType.UserErased;

    public override JournalStream Stream => JournalStream.Control;

    public override string PartitionKey => "";
}

/// <summary>A user gave or withdrew consent. It stands among the user's events, in their order. All of it is sealed.</summary>
public sealed record ConsentChanged : Fact
{
    /// <summary>
    /// Under which all changes of consent are found (<see cref="IJournal.FindAsync"/>). No caller's id: those are never a single dot.
    /// </summary>
    public const string Key = ".";

    /// <summary>Sealed: the user; null once erased.</summary>
    public string? User { get; init; }

    /// <summary>Sealed: whether decisions may use what is known of the user; null when this changed nothing of it.</summary>
    public bool? Personalise { get; init; }

    /// <summary>Sealed: whether the user's events may be learnt from; null when this changed nothing of it.</summary>
    public bool? Learn { get; init; }

    public override FactType Type => FactType.ConsentChanged;

    public override JournalStream Stream => JournalStream.Events;

    public override string PartitionKey => User ?? Id;

    public override string? Subject => User;

    public override string? DecisionKey => Key;
}
