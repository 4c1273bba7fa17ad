using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Pareto;

/// <summary>What is judged, and by which bounds.</summary>
internal sealed record ParetoRequest
{
    public required string Surface { get; init; }

    /// <summary>The surface's policy; what is judged is it, with other weights.</summary>
    public required Policy Policy { get; init; }

    public required ImmutableArray<Objective> Objectives { get; init; }

    /// <summary>Weightings by head in ordinal order; null makes them by <see cref="Steps"/>.</summary>
    public double[][]? Weightings { get; init; }

    /// <summary>Into so many parts what the judged heads move is cut.</summary>
    public int Steps { get; init; } = 10;

    /// <summary>An outcome that comes later after its decision is not its own.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Decisions taken at or after it.</summary>
    public UnixMicros From { get; init; } = new(long.MinValue);

    /// <summary>Decisions taken before it.</summary>
    public UnixMicros To { get; init; } = new(long.MaxValue);

    /// <summary>Of the bootstrap.</summary>
    public int Replicates { get; init; } = 200;

    public ulong Seed { get; init; } = 1;

    /// <summary>With fewer effective decisions nothing is judged: an interval of so few is a guess as well.</summary>
    public double LeastEffective { get; init; } = 100;

    /// <summary>With less of its slates within what could have been logged, what is left out may be more than what is looked for.</summary>
    public double LeastCovered { get; init; } = 0.99;
}
