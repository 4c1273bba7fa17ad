using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Backtest;

/// <summary>
/// The policy and features that a backtest decides with unless a file names others: windowed popularity, recency and co-occurrence, blended with
/// weights that were fitted on days 3 to 5 of the Globo log (a conditional logit over the candidates). Which inputs to blend was chosen on clicks of
/// all days: days 6 to 10 are unseen by the weights, not by that choice (docs/results/backtest.md).
/// </summary>
internal static class BacktestPolicy
{
    /// <summary>Clicks of the Globo log from so long after its first were not seen when the weights were fitted.</summary>
    public static readonly TimeSpan GloboUnseenFrom = TimeSpan.FromDays(5);

    /// <summary>The surface that is asked.</summary>
    public const string Surface = "next";

    public static ImmutableArray<FeatureDefinition> Features { get; } =
    [
        Clicks("clicks_5m", TimeSpan.FromMinutes(5)),
        Clicks("clicks_15m", TimeSpan.FromMinutes(15)),
        Clicks("clicks_1h", TimeSpan.FromHours(1)),
        Clicks("clicks_4h", TimeSpan.FromHours(4)),
        new AgeFeature("recency", AgeSince.Published, TimeSpan.FromHours(1)),
        Next("next_1d", TimeSpan.FromDays(1)),
        Next("next_1h", TimeSpan.FromHours(1)),
    ];

    public static Policy Policy { get; } = new()
    {
        Name = "next",
        Version = 1,
        Candidates =
        [
            new CandidateSource(CandidateSourceKind.Similar, 60),
            new CandidateSource(CandidateSourceKind.Popular, 60, TimeSpan.FromHours(1)),
            new CandidateSource(CandidateSourceKind.Popular, 20, TimeSpan.FromMinutes(5)),
        ],
        Blend = ImmutableSortedDictionary.CreateRange(
            StringComparer.Ordinal,
            new Dictionary<string, double>
            {
                ["clicks_5m"] = 0.26,
                ["clicks_15m"] = 0.39,
                ["clicks_1h"] = -0.05,
                ["clicks_4h"] = -0.23,
                ["next_1d"] = 0.34,
                ["next_1h"] = 0.59,
                ["recency"] = 0.05,
            }),
        Explore = new Exploration(0),
        ExcludeSeen = true,
    };

    public static Surface Place { get; } = new(Surface, "next", [new Slot("main", SlateScore.Depth)]);

    private static CountFeature Clicks(string name, TimeSpan window) => new(name, "click", window, CountRead.Log);

    /// <summary>Directed: how often the candidate was the very next click after the session's last one.</summary>
    private static CooccurrenceFeature Next(string name, TimeSpan window) => new(name, "click", window) { Span = 1, Depth = 1, As = PairRead.Log };
}
