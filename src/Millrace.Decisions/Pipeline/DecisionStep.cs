using System.Collections.Immutable;
using Millrace.Decisions.Ladder;

namespace Millrace.Decisions.Pipeline;

/// <summary>What a decision is made of, in the order in which it happens.</summary>
public enum DecisionStep
{
    /// <summary>What the session and the user did, with the snapshot that is in force at that moment.</summary>
    Person,

    /// <summary>What may be shown, and where it comes from.</summary>
    Candidates,

    /// <summary>Which of a wide pool stay, where the policy has a first phase.</summary>
    FirstPhase,

    /// <summary>What is known of each candidate.</summary>
    Features,

    /// <summary>What each candidate is worth, and the slate that is drawn.</summary>
    Ranking,

    /// <summary>The answer as a fact.</summary>
    Record,
}

/// <summary>One step of an attempt at an answer.</summary>
/// <param name="Step">Which.</param>
/// <param name="Until">The last rung that takes it.</param>
/// <param name="Full">The share of the time that may be spent before it begins on the first rung.</param>
/// <param name="Fewer">The same on the second.</param>
/// <param name="Lighter">The same on the third; the lists below have no limit, since something must answer.</param>
internal sealed record PipelineStep(DecisionStep Step, Rung Until, double Full, double Fewer, double Lighter)
{
    /// <summary>The share of the time that may be spent before it begins on <paramref name="rung"/>.</summary>
    internal double Latest(Rung rung) => rung switch
    {
        Rung.Full => Full,
        Rung.FewerCandidates => Fewer,
        Rung.LighterScorer => Lighter,
        _ => double.PositiveInfinity,
    };
}

/// <summary>
/// The steps between a person and a record, with what they may cost. A step that would begin too late is not begun: the attempt ends, and a lower rung leaves it out
/// or makes less of it, with what was found so far where that serves.
/// </summary>
internal static class PipelineSteps
{
    /// <summary>The share of the time by which sources are cut: a little before reading features would begin too late. The lists below have no limit.</summary>
    internal static double SourcesUntil(Rung rung) => rung switch
    {
        Rung.Full => 0.57,
        Rung.FewerCandidates => 0.77,
        Rung.LighterScorer => 1,
        _ => double.PositiveInfinity,
    };

    /// <summary>The share of the time by which ranking ends, or is left to the lighter scorer, which takes some microseconds.</summary>
    internal const double RankUntil = 0.97;

    /// <summary>
    /// In order. A full decision takes some .2 ms of the 100 that it has, so only a slow store, a slow source or a busy machine gets here: each rung leaves to those
    /// below it as much again as they need. A first phase that would begin too late cuts by the points of the lists, and ends no attempt.
    /// </summary>
    internal static ImmutableArray<PipelineStep> All { get; } =
    [
        new(DecisionStep.Candidates, Rung.GlobalList, Full: 0.5, Fewer: 0.75, Lighter: 1),
        new(DecisionStep.FirstPhase, Rung.GlobalList, Full: 0.58, Fewer: 0.78, Lighter: 1),
        new(DecisionStep.Features, Rung.FewerCandidates, Full: 0.6, Fewer: 0.8, Lighter: 1),
        new(DecisionStep.Ranking, Rung.GlobalList, Full: 0.9, Fewer: 0.95, Lighter: double.PositiveInfinity),
    ];
}
