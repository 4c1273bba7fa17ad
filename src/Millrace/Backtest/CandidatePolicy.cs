using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Backtest;

/// <summary>
/// The candidate stage that <c>backtest --candidates</c> judges unless a file names another: twenty lists, of which fourteen are fused by their ranks, and a first
/// phase that keeps 200 of up to 2,000. Lists, weights and trees were chosen on days 3 to 5 of the Globo log (docs/results/candidates.md); days 6 to 10 had no part in either.
/// </summary>
internal static class CandidatePolicy
{
    /// <summary>How many candidates the stage may name.</summary>
    public const int Pool = 200;

    /// <summary>How deep each list is.</summary>
    private const int Depth = 400;

    /// <summary>How many the first phase chooses from.</summary>
    private const int Wide = 2_000;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>The first phase of a policy that has none: the order of the fused lists, as it is without one.</summary>
    public static FirstPhase ByPoints { get; } = new(new BlendHead(ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal).Add(FirstPhase.Points, 1)));

    /// <summary>Trained on days 3 to 5 of the Globo log by <c>bench first-phase</c>.</summary>
    private static readonly MemoryModelShelf Models = new();

    public static BacktestSetup Setup { get; } = new(
        [
            new CooccurrenceFeature("next_1h", "click", Hour) { Shrink = 20 },
            new CooccurrenceFeature("next_1d", "click", 24 * Hour) { Shrink = 20 },
            new CooccurrenceFeature("next_of_run", "click", 24 * Hour) { Depth = 20, Fade = 0.5, Shrink = 20 },
            new CooccurrenceFeature("with_1d", "click", 24 * Hour) { Span = 20, Symmetric = true, Depth = 10, Fade = 0.8, Shrink = 20 },
            new CooccurrenceFeature("with_3d", "click", 72 * Hour) { Span = 20, Symmetric = true, Depth = 20, Fade = 0.8, Shrink = 20 },
            new CooccurrenceFeature("with_4h", "click", 4 * Hour) { Span = 20, Symmetric = true, Depth = 20, Fade = 0.8, Shrink = 20 },
            Clicks("clicks_5m", Hour / 12),
            Clicks("clicks_15m", Hour / 4),
            Clicks("clicks_1h", Hour),
            Clicks("clicks_4h", 4 * Hour),
            Clicks("clicks_1d", 24 * Hour),
            Clicks("clicks_3d", 72 * Hour),
            new ExpressionFeature("rise_5m", FeatureEntity.Item, "clicks_5m - clicks_1h"),
            new ExpressionFeature("rise_15m", FeatureEntity.Item, "clicks_15m - clicks_4h"),
            new ExpressionFeature("rise_1h", FeatureEntity.Item, "clicks_1h - clicks_1d"),
            new ExpressionFeature("rise_4h", FeatureEntity.Item, "clicks_4h - clicks_3d"),
            new AgeFeature("age", AgeSince.Published),
            new AgeFeature("idle", AgeSince.LastEvent),
            new RunFeature("run"),
            new RunFeature("run_minutes", RunRead.Minutes),
        ],
        new Policy
        {
            Name = "candidates",
            Version = 1,
            Pool = Pool,
            FirstPhase = Learnt(),
            Candidates =
            [
                Popular(Hour / 4, 0.53),
                Popular(Hour, 0.345),
                Popular(4 * Hour, -0.38),
                Popular(24 * Hour, -0.69),
                Popular(Hour, 0.25, segment: true),
                Popular(4 * Hour, 0.29, segment: true),
                Popular(24 * Hour, 0.43, segment: true),
                Pairs("next_1h", 0.28),
                Pairs("next_1d", 0.125),
                Pairs("next_of_run", 0.28),
                Pairs("with_1d", 0.16),
                Pairs("with_3d", 0.32),
                Pairs("with_4h", 0.225),
                new(CandidateSourceKind.AlsoLiked, Depth, 7 * 24 * Hour) { Feature = "with_1d", Weight = 0.215 },
                new(CandidateSourceKind.Popular, Depth, Hour / 12),
                new(CandidateSourceKind.Popular, Depth, Hour / 4) { Segment = true },
                new(CandidateSourceKind.Popular, Depth, 72 * Hour),
                new(CandidateSourceKind.Trending, Depth, Hour),
                new(CandidateSourceKind.Recent, Depth),
                new(CandidateSourceKind.AlsoLiked, Depth, 7 * 24 * Hour) { Feature = "with_3d" },
            ],
            Segment = BacktestReplay.SegmentKey,
            ExcludeSeen = true,
        },
        BacktestPolicy.Place with { Policy = "candidates" })
    {
        Models = Models,
    };

    /// <summary>Trees that add to the points of the lists what those do not know.</summary>
    private static FirstPhase Learnt()
    {
        using var model = typeof(CandidatePolicy).Assembly.GetManifestResourceStream("first-phase.txt")!;
        using var bytes = new MemoryStream();
        model.CopyTo(bytes);
        var digest = Models.Add(bytes.ToArray());
        return new FirstPhase(new ForestHead(digest, Models.Forest(digest)!.FeaturesRead(), ForestOutput.Raw), Wide) { Base = (BlendHead)ByPoints.Head };
    }

    private static CountFeature Clicks(string name, TimeSpan window) => new(name, "click", window, CountRead.Log);

    private static CandidateSource Popular(TimeSpan window, double weight, bool segment = false) =>
        new(CandidateSourceKind.Popular, Depth, window) { Weight = weight, Segment = segment };

    private static CandidateSource Pairs(string feature, double weight) => new(CandidateSourceKind.Similar, Depth) { Feature = feature, Weight = weight };
}
