using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;

namespace Millrace.FeatureForget;

/// <summary>A file whose decisions were judged: those that stay are only counted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Journal">The journal that it names; empty for none.</param>
/// <param name="All">All its rows.</param>
/// <param name="Erased">Of persons who were erased.</param>
/// <param name="Retired">That retention has taken.</param>
/// <param name="Unknown">That the journal should hold, and cannot be found or read.</param>
internal sealed record LookedFile(
    string Name, string Journal, int All, ImmutableArray<DecisionCount> Erased, ImmutableArray<DecisionCount> Retired, ImmutableArray<DecisionCount> Unknown)
{
    public static LookedFile Of(string name, string journal, IReadOnlyCollection<DecisionCount> decisions, DecisionJudge.Verdicts verdicts) => new(
        name,
        journal,
        decisions.Sum(decision => decision.Rows),
        [.. decisions.Where(decision => verdicts.Erased.Contains(ItemHash.Of(decision.Decision)))],
        [],
        [.. decisions.Where(decision => !verdicts.Known.Contains(ItemHash.Of(decision.Decision)))]);

    /// <summary>Judges what was not found about its time.</summary>
    /// <param name="elsewhere">What was found at other times.</param>
    /// <param name="retired">The time before which retention has taken every decision; null when that cannot be said of this file.</param>
    public LookedFile With(DecisionJudge.Verdicts elsewhere, UnixMicros? retired)
    {
        var unknown = Unknown.Where(decision => !elsewhere.Known.Contains(ItemHash.Of(decision.Decision))).ToLookup(decision => decision.Time < retired);
        return this with
        {
            Erased = [.. Erased, .. Unknown.Where(decision => elsewhere.Erased.Contains(ItemHash.Of(decision.Decision)))],
            Retired = [.. unknown[true]],
            Unknown = [.. unknown[false]],
        };
    }

    public ForgottenFile Found() => new(
        Name, All, Erased.Length, Erased.Sum(row => row.Rows), Retired.Length, Retired.Sum(row => row.Rows), Unknown.Length, Unknown.Sum(row => row.Rows));
}
