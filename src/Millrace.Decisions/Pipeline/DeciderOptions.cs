namespace Millrace.Decisions.Pipeline;

/// <summary>The bounds and habits of a <see cref="Decider"/>.</summary>
public sealed record DeciderOptions
{
    /// <summary>How long a decision may take before it goes down the ladder, unless the request says less; infinite never does (backtests).</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a decision waits for the terms from outside that its policy reads, all together; what they have not said by then counts 0.</summary>
    public TimeSpan TermTime { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How old the feature snapshot may be before replies say so: DESIGN's contract of the catalogue in a decider.</summary>
    public TimeSpan Staleness { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>At most so many decisions of one tenant under way; further ones are answered from the ladder's lists. 0 has no limit.</summary>
    public int TenantDecisions { get; init; }

    /// <summary>The most candidates that are ranked; further ones are dropped in the order of sources.</summary>
    public int MaxCandidates { get; init; } = 1000;

    /// <summary>The most candidates on the rung <c>fewer candidates</c>.</summary>
    public int FewerCandidates { get; init; } = 50;

    /// <summary>The share of decisions recorded in full, drawn by a hash of the decision's seed: 1 records all, 0 none.</summary>
    public double FullShare { get; init; } = 1;

    /// <summary>Bytes of full records per second of the clock; beyond it records are slim, and counted. 0 has no bound.</summary>
    public long FullBytesPerSecond { get; init; }

    /// <summary>For how long an answer is remembered under its id.</summary>
    public TimeSpan Remember { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Bytes of answers remembered at most, about half a KiB each; the oldest are forgotten early, and counted. 0 remembers none (backtests).
    /// </summary>
    public long RememberedBytes { get; init; } = 256L << 20;

    /// <summary>Of how many decisions surface, segment and the request's hash are known for a day, some 80 bytes each; the oldest go first, counted.</summary>
    public int MaxRecalled { get; init; } = 1_000_000;

    /// <summary>
    /// Keys the seeds, so that nobody can choose a decision id for the draws that it brings. A node draws 32 random bytes; without any, seeds depend on
    /// the request and the clock alone (backtests, tests).
    /// </summary>
    public ReadOnlyMemory<byte> SeedSalt { get; init; }
}
