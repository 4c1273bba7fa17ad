using System.Collections.Immutable;
using Millrace.Features.PointInTime;
using Millrace.Journal;

namespace Millrace.FeatureBuild;

/// <summary>Which training rows are built, and into what.</summary>
internal sealed record BuildRequest
{
    /// <summary>Decisions taken at or after it.</summary>
    public required UnixMicros From { get; init; }

    /// <summary>Decisions taken before it.</summary>
    public required UnixMicros To { get; init; }

    /// <summary>The directory that takes the files.</summary>
    public required string Into { get; init; }

    /// <summary>The feature columns, in order.</summary>
    public required ImmutableArray<string> Features { get; init; }

    /// <summary>How long a slice is: what a killed build loses.</summary>
    public TimeSpan Slice { get; init; } = TimeSpan.FromHours(1);

    public RowKind Kind { get; init; }

    /// <summary>The most sessions and the most users that are followed at a time.</summary>
    public int MaxPersons { get; init; } = 1_000_000;

    /// <inheritdoc cref="WalkOptions.PersonsAhead"/>
    public bool PersonsAhead { get; init; }

    /// <summary>Whether decisions that were taken under other definitions get rows too.</summary>
    public bool AnyDefinitions { get; init; }

    /// <summary>Names the journal in the files, so that rows are never judged by another; empty when it has no name.</summary>
    public string Journal { get; init; } = "";
}
