using Millrace.Journal;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Models.Policies;
using Millrace.Pareto;

namespace Millrace.Evaluate;

/// <summary>Which policy is judged by which recorded decisions, and by which outcome.</summary>
internal sealed record JournalRequest
{
    public required string Surface { get; init; }

    /// <summary>What is judged: without faults.</summary>
    public required Policy Policy { get; init; }

    /// <summary>What counts as reward.</summary>
    public required Objective Outcome { get; init; }

    /// <summary>An outcome that comes later after its decision is not its own.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Decisions taken at or after it.</summary>
    public UnixMicros From { get; init; } = new(long.MinValue);

    /// <summary>Decisions taken before it.</summary>
    public UnixMicros To { get; init; } = new(long.MaxValue);

    /// <summary>No more decisions are judged; the first ones are.</summary>
    public long MostDecisions { get; init; } = long.MaxValue;

    /// <summary>With more outcomes nothing is judged: they are held in memory.</summary>
    public int MostOutcomes { get; init; } = 20_000_000;

    public EstimationOptions Options { get; init; } = new();

    public IReadOnlyList<EvaluationGate> Gates { get; init; } = [];

    public OverlapBounds Bounds { get; init; } = new();
}
