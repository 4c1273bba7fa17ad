namespace Millrace.Journal.Facts;

/// <summary>A body went out through the edge: sampled, and always when a decision's token came with the request.</summary>
public sealed record Delivered : Fact
{
    public required string Route { get; init; }

    /// <summary>The decision whose token the request bore; null when it bore none.</summary>
    public string? Decision { get; init; }

    public string? Item { get; init; }

    /// <summary>The slot's 1-based rank in the decision; null without a token.</summary>
    public int? Rank { get; init; }

    /// <summary>The object's cache key, hashed (XxHash3): enough to group, nothing to read.</summary>
    public ulong ObjectHash { get; init; }

    /// <summary>hit, miss, stale, revalidated, bypass ...: the words of Cache-Status and of the delivery plane's outcomes.</summary>
    public required string Outcome { get; init; }

    public int Status { get; init; }

    /// <summary>From reading the request's head to writing the first byte of the reply.</summary>
    public TimeSpan TimeToFirstByte { get; init; }

    /// <summary>Body bytes that the client took.</summary>
    public long BodyBytes { get; init; }

    /// <summary>Whether the client took the whole body.</summary>
    public bool Complete { get; init; }

    public override FactType Type => FactType.Delivered;

    public override JournalStream Stream => JournalStream.Deliveries;

    public override string PartitionKey => Decision ?? Route;

    public override string? DecisionKey => Decision;
}
