using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Backtest;

/// <summary>
/// The candidate stage that <c>backtest --candidates</c> judges unless a file names another: twelve lists whose ranks are fused into a pool of 200. Lists and weights were
/// chosen on days 3 to 5 of the Globo log (docs/results/candidates.md); days 6 to 10 had no part in either.
/// </summary>
internal static class CandidatePolicy
{
    /// <summary>How many candidates the stage may name.</summary>
    public const int Pool = 200;

    /// <summary>How deep each list is.</summary>
    private const int Depth = 400;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static BacktestSetup Setup { get; } = new(
        [
            new CooccurrenceFeature("next_1h", "click", Hour) { Shrink = 20 },
            new CooccurrenceFeature("next_1d", "click", 24 * Hour) { Shrink = 20 },
            new CooccurrenceFeature("next_of_run", "click", 24 * Hour) { Depth = 20, Fade = 0.5, Shrink = 20 },
            new CooccurrenceFeature("with_1d", "click", 24 * Hour) { Span = 20, Symmetric = true, Depth = 10, Fade = 0.8, Shrink = 20 },
            new CooccurrenceFeature("with_4h", "click", 4 * Hour) { Span = 20, Symmetric = true, Depth = 20, Fade = 0.8, Shrink = 20 },
        ],
        new Policy
        {
            Name = "candidates",
            Version = 1,
            Pool = Pool,
            Candidates =
            [
                Popular(Hour / 4, 0.36),
                Popular(Hour, 0.29),
                Popular(4 * Hour, -0.36),
                Popular(24 * Hour, -0.58),
                Popular(Hour, 0.12, segment: true),
                Popular(4 * Hour, 0.18, segment: true),
                Popular(24 * Hour, 0.49, segment: true),
                Pairs("next_1h", 0.18),
                Pairs("next_1d", 0.10),
                Pairs("next_of_run", 0.18),
                Pairs("with_1d", 0.29),
                Pairs("with_4h", 0.23),
            ],
            Segment = BacktestReplay.SegmentKey,
            ExcludeSeen = true,
        },
        BacktestPolicy.Place with { Policy = "candidates" });

    private static CandidateSource Popular(TimeSpan window, double weight, bool segment = false) =>
        new(CandidateSourceKind.Popular, Depth, window) { Weight = weight, Segment = segment };

    private static CandidateSource Pairs(string feature, double weight) => new(CandidateSourceKind.Similar, Depth) { Feature = feature, Weight = weight };
}
