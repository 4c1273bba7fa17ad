using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Learning.DuckDb;

namespace Millrace.Learning.Training;

/// <summary>Which examples are made of training rows and labels, and what each counts.</summary>
internal sealed record ExampleQuery
{
    /// <summary>The directory of `features build`.</summary>
    public required string Rows { get; init; }

    /// <summary>The directory of `labels build`; may be the same.</summary>
    public required string Labels { get; init; }

    /// <summary>The outcome that is to be predicted.</summary>
    public required string Label { get; init; }

    /// <summary>Decisions of this surface alone; null for all.</summary>
    public string? Surface { get; init; }

    /// <summary>Decisions taken at or after it.</summary>
    public UnixMicros From { get; init; } = new(0);

    /// <summary>Decisions taken before it.</summary>
    public UnixMicros To { get; init; } = UnixMicros.LastWritable;

    /// <summary>The feature columns, in order; empty for all that the rows have.</summary>
    public ImmutableArray<string> Features { get; init; } = [];

    /// <summary>Whose decisions count in full: an arm, a policy <c>home</c>, or one version of it <c>home@12</c>; null for all.</summary>
    public string? Own { get; init; }

    /// <summary>What a decision of another counts; 0 leaves it out, so that nothing of an experiment's other arms is learnt.</summary>
    public double OtherWeight { get; init; }

    /// <summary>An example that is older by so much counts half; null counts all alike.</summary>
    public TimeSpan? HalfLife { get; init; }

    /// <summary>The share of the negatives that is kept, each with the weight of 1 / share.</summary>
    public double Negatives { get; init; } = 1;

    /// <summary>Of the draw of negatives.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What a positive counts, beside everything else.</summary>
    public double PositiveWeight { get; init; } = 1;

    /// <summary>Only items whose place a draw could have changed: those whose propensity means something.</summary>
    public bool OnlyExplored { get; init; }

    /// <summary>Only items of which an impression came.</summary>
    public bool OnlySeen { get; init; }

    /// <summary>Candidates that were not shown are negatives too; of rows that were built with <c>--rows candidates</c>.</summary>
    public bool Unshown { get; init; }

    /// <summary>Batches tell how the bodies of items were delivered.</summary>
    public bool Delivery { get; init; }

    /// <summary>Rows of a batch.</summary>
    public int Batch { get; init; } = 1 << 16;

    public DuckDbOptions Store { get; init; } = new();
}
