using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Backtest.Learnt;

/// <summary>What a learnt ranking chooses from and reads: the lists of <see cref="CandidatePolicy"/>, fused to a pool of 200, and the features of both built-in policies.</summary>
internal static class LearntPolicy
{
    /// <summary>The most candidates.</summary>
    public const int Pool = CandidatePolicy.Pool;

    public static BacktestSetup Setup { get; } = CandidatePolicy.Setup with
    {
        Features =
        [
            .. CandidatePolicy.Setup.Features,
            Counted("count_1h", 1),
            Counted("count_4h", 4),
            Counted("count_1d", 24),
            new AgeFeature("recency", AgeSince.Published, TimeSpan.FromHours(1)),
        ],
        Policy = CandidatePolicy.Setup.Policy with { Name = "learnt", FirstPhase = CandidatePolicy.ByPoints with { From = Pool } },
        Surface = CandidatePolicy.Setup.Surface with { Policy = "learnt" },
    };

    /// <summary>The column that <see cref="BacktestPolicy"/>'s blend calls so.</summary>
    public static string Column(string ofBlend) => ofBlend switch { "next_1h" => "count_1h", "next_1d" => "count_1d", _ => ofBlend };

    private static CooccurrenceFeature Counted(string name, int hours) => new(name, "click", TimeSpan.FromHours(hours)) { Span = 1, Depth = 1, As = PairRead.Log };
}
