using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Millrace.Journal.Facts;

/// <summary>A new version of a policy, written whole; policies <em>are</em> these facts.</summary>
public sealed record PolicyChanged : Fact
{
    public required string Policy { get; init; }

    /// <summary>1 for the first version of the name; grows by one.</summary>
    public required int Version { get; init; }

    /// <summary>The policy as canonical JSON; equal text means an equal policy.</summary>
    public required string Definition { get; init; }

    public override FactType Type => FactType.PolicyChanged;

    public override JournalStream Stream => JournalStream.Control;

    public override string PartitionKey => "";
}

/// <summary>
/// The folder froze a feature snapshot: which cut it folds and at which time its windows end. It stands in the stream of the decisions that name it, and is kept as long;
/// earlier releases wrote it to control.
/// </summary>
public sealed record EpochFrozen : Fact
{
    /// <summary>Goes on across restarts: names one epoch of the journal.</summary>
    public required long Epoch { get; init; }

    public required UnixMicros Until { get; init; }

    public ImmutableArray<Position> Cut { get; init; } = [];

    /// <summary>The fingerprint of the feature set, 16 hexadecimal digits; null on records of earlier releases.</summary>
    public string? Definitions { get; init; }

    public override FactType Type => FactType.EpochFrozen;

    public override JournalStream Stream => JournalStream.Decisions;

    public override string PartitionKey => "epoch";
}

/// <summary>Stored responses were purged: those of the URLs, those that bear one of the surrogate keys, those of the route, and those whose URLs begin so.</summary>
public sealed record Purged : Fact
{
    public ImmutableArray<string> Urls { get; init; } = [];

    public ImmutableArray<string> Keys { get; init; } = [];

    public string? Route { get; init; }

    /// <summary>Beginnings of URLs; null for none.</summary>
    public ImmutableArray<string>? Prefixes { get; init; }

    /// <summary>Whether they became stale, rather than void.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Soft { get; init; }

    public override FactType Type => FactType.Purged;

    public override JournalStream Stream => JournalStream.Control;

    public override string PartitionKey => "";
}

/// <summary>A refit gave the rates of one state another prior, a beta distribution; in force from here on.</summary>
public sealed record PriorFitted : Fact
{
    /// <summary>The state's name.</summary>
    public required string State { get; init; }

    /// <summary>1 for the first prior of the state; grows by one.</summary>
    public required int Version { get; init; }

    /// <summary>Alpha in millionths.</summary>
    public long AlphaMicros { get; init; }

    /// <summary>Beta in millionths.</summary>
    public long BetaMicros { get; init; }

    /// <summary>Of a rate in a context: how many expected successes it takes to believe an item's own quality half, in millionths.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ItemWorthMicros { get; init; }

    /// <summary>Of a rate in a context: how many expected successes it takes to believe half what an item is in one context beside all others, in millionths.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long HereWorthMicros { get; init; }

    /// <summary>Of a rate in a context: what contexts, and groups of items in them, are to the rate of all; by context, level and group.</summary>
    public ImmutableArray<PriorCell> Cells { get; init; } = [];

    /// <summary>Groups that have no cell of their own, since there were too many.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int LeftOut { get; init; }

    public override FactType Type => FactType.PriorFitted;

    public override JournalStream Stream => JournalStream.Control;

    public override string PartitionKey => "";
}

/// <summary>By which factor the rate of a group of items differs in one context.</summary>
/// <param name="Context">The hash of the context's value; 0 for contexts that have no cells of their own.</param>
/// <param name="Level">0 for the context itself, then which of the item's parts makes the group.</param>
/// <param name="Group">The 32 bits that stand for the group's value; 0 for the context itself.</param>
/// <param name="FactorMicros">In millionths, above 0.</param>
public readonly record struct PriorCell(ulong Context, int Level, uint Group, long FactorMicros);
