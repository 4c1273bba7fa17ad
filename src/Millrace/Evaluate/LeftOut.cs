using Millrace.Flywheel;

namespace Millrace.Evaluate;

/// <summary>Decisions that say nothing of what is judged, counted by reason.</summary>
internal sealed class LeftOut
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, long> Counts => _counts;

    public void Add(string reason) => _counts[reason] = _counts.GetValueOrDefault(reason) + 1;

    /// <summary>A reason in words.</summary>
    public static string Say(string reason) => reason switch
    {
        "erased" => "their persons were erased",
        "notRecorded" => "slim records: journal.fullDecisions says how many are full",
        "engineChanged" => "decided by another release, which gave other answers",
        "notOnline" => "the slate was the caller's own",
        "notScored" => "a rung of the ladder decided that asks no head",
        "otherInputs" => "they do not hold what this policy reads",
        "damaged" => "what stands in the record does not fit together",
        PolicyToEvaluation.PolicyMissing => "the policy that decided, or a model of it, is not at hand",
        PolicyToEvaluation.NotReproduced => "what was logged is not what the policy that decided gives: do not trust this log",
        _ => reason,
    };
}
