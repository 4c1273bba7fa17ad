using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Learning.Attribution;
using Millrace.Learning.DuckDb;

namespace Millrace.Labels;

/// <summary>Which labels are built, and into what.</summary>
internal sealed record LabelRequest
{
    /// <summary>Decisions taken at or after it.</summary>
    public required UnixMicros From { get; init; }

    /// <summary>Decisions taken before it.</summary>
    public required UnixMicros To { get; init; }

    /// <summary>The directory that takes the files.</summary>
    public required string Into { get; init; }

    public required ImmutableArray<OutcomeDefinition> Outcomes { get; init; }

    /// <summary>Whose decisions and events.</summary>
    public required string Tenant { get; init; }

    /// <summary>Names the journal in the files; empty when it has no name.</summary>
    public string Journal { get; init; } = "";

    /// <summary>How much time a file covers.</summary>
    public TimeSpan Slice { get; init; } = TimeSpan.FromHours(1);

    public DuckDbOptions Store { get; init; } = new();
}
