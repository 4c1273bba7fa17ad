using System.Collections.Immutable;

namespace Millrace.Backtest.Learnt;

/// <summary>How rankings are learnt during a replay.</summary>
internal sealed record LearntOptions
{
    /// <summary>Every so manyth click that would be scored is, and is learnt from; all teach lists and features.</summary>
    public int Every { get; init; } = 16;

    /// <summary>A training reads the last so many of those: some day of Globo at every 16th.</summary>
    public int Window { get; init; } = 8_000;

    public int Seed { get; init; } = 1;

    /// <summary>The ways of learning that are compared.</summary>
    public ImmutableArray<LearntVariant> Variants { get; init; } = Schedules([null, TimeSpan.FromHours(24), TimeSpan.FromHours(4), TimeSpan.FromHours(1)]);

    /// <summary>One way for each interval; null is trained once.</summary>
    public static ImmutableArray<LearntVariant> Schedules(IEnumerable<TimeSpan?> intervals) =>
        [.. intervals.Select(static every => new LearntVariant(every is { } hours ? $"learnt, every {hours.TotalHours:0.##} h" : "learnt, once", every))];

    /// <summary>One way for each group of columns, without it, trained daily; and all columns by other losses.</summary>
    public static ImmutableArray<LearntVariant> Ablations =>
    [
        new("learnt, every 24 h, binary", TimeSpan.FromHours(24), "binary"),
        new("learnt, every 24 h, rank_xendcg", TimeSpan.FromHours(24), "rank_xendcg"),
        .. LearntColumns.Groups.Select(static group => new LearntVariant($"learnt, every 24 h, without {group}", TimeSpan.FromHours(24), Without: group)),
    ];
}
