namespace Millrace.Journal.Facts;

/// <summary>
/// One immutable record of the journal. It has an open part (type, ids, times, item, surface, position) and a sealed part (what concerns
/// a person), encrypted with the key of its <see cref="Subject"/>, so that destroying the key erases the person everywhere at once.
/// </summary>
public abstract record Fact
{
    /// <summary>The id under which it is idempotent: 1 to 128 bytes of UTF-8.</summary>
    public required string Id { get; init; }

    /// <summary>The namespace it belongs to.</summary>
    public string Tenant { get; init; } = "default";

    /// <summary>When it happened, as its sender says.</summary>
    public UnixMicros Time { get; init; }

    /// <summary>When the journal took it. Stamped by the journal when zero; non-decreasing within a partition either way.</summary>
    public UnixMicros Received { get; init; }

    /// <summary>Fields that a later release wrote and this one does not know; written back unchanged.</summary>
    public UnknownFields Unknown { get; init; } = UnknownFields.None;

    /// <summary>True when this was read back after its subject's key was destroyed: the sealed fields hold their defaults.</summary>
    public bool Erased { get; init; }

    /// <summary>Its kind; the number stands in the record.</summary>
    public abstract FactType Type { get; }

    /// <summary>The stream it is written to.</summary>
    public abstract JournalStream Stream { get; }

    /// <summary>What decides its partition, together with the tenant.</summary>
    public abstract string PartitionKey { get; }

    /// <summary>Whose key seals the sealed part: the user, else the session; null when it concerns nobody.</summary>
    public virtual string? Subject => null;

    /// <summary>The decision it belongs to, so that it can be found by it; null when there is none.</summary>
    public virtual string? DecisionKey => null;
}

/// <summary>The kinds of fact; the numbers are part of the on-disk format and never change or return.</summary>
public enum FactType
{
    ItemChanged = 1,
    Observed = 2,
    Decided = 3,
    Delivered = 4,
    PolicyChanged = 5,
    Purged = 6,
    EpochFrozen = 7,
    UserErased = 8,
    ConsentChanged = 9,
    PriorFitted = 10,
}
