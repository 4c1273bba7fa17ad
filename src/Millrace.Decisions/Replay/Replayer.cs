using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Ranking;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Decisions.Replay;

/// <summary>What a replay found.</summary>
public enum ReplayVerdict
{
    Identical,
    Differs,
    EngineChanged,
    NotRecorded,
    Erased,

    /// <summary>The policy version that the record names is not at hand.</summary>
    PolicyMissing,

    /// <summary>A model that the policy names is not at hand, or damaged.</summary>
    ModelMissing,
}

/// <summary>A verdict, and for <see cref="ReplayVerdict.Differs"/> every difference as <c>slots[0].items[2].score: recorded …, replayed …</c>.</summary>
public sealed record ReplayResult(ReplayVerdict Verdict, ImmutableArray<string> Differences);

/// <summary>Recomputes decisions from their full records: a pure function of the record, its policy and <see cref="Engine.Number"/>.</summary>
public static class Replayer
{
    // A model's text is parsed once, not for each of ten thousand records; what a digest names never changes.
    private static readonly ConditionalWeakTable<Policy, RankingPlan> Plans = [];

    /// <summary>Decides again from <paramref name="recorded"/> and compares bit by bit.</summary>
    /// <param name="recorded">As read back from the journal.</param>
    /// <param name="policy">The policy and version that the record names; null when it is not at hand.</param>
    /// <param name="shelf">The models of all policies that ever decided; null when there were none.</param>
    public static ReplayResult Replay(Decided recorded, Policy? policy, IModelShelf? shelf = null)
    {
        if (recorded.Erased) return new ReplayResult(ReplayVerdict.Erased, []);
        if (recorded.Inputs is not { } inputs) return new ReplayResult(ReplayVerdict.NotRecorded, []);
        if (recorded.Engine != Engine.Number) return new ReplayResult(ReplayVerdict.EngineChanged, []);
        if (policy is null) return new ReplayResult(ReplayVerdict.PolicyMissing, []);
        ImmutableArray<string> faults = [.. Faults(recorded, inputs, policy)];
        if (faults.Length > 0) return new ReplayResult(ReplayVerdict.Differs, faults);
        try
        {
            RankingPlan plan = IsScored(recorded, inputs) ? PlanOf(policy, shelf ?? MemoryModelShelf.Empty) : RankingPlan.None;
            ImmutableArray<string> differences = [.. Differences(recorded.Slots, Again(recorded, inputs, policy, plan))];
            return new ReplayResult(differences.IsEmpty ? ReplayVerdict.Identical : ReplayVerdict.Differs, differences);
        }
        catch (ModelMissingException fault)
        {
            return new ReplayResult(ReplayVerdict.ModelMissing, [fault.Message]);
        }
        catch (JsonException fault)
        {
            return new ReplayResult(ReplayVerdict.Differs, [$"inputs.request: {fault.Message}"]);
        }
    }

    internal static RankingPlan PlanOf(Policy policy, IModelShelf shelf) =>
        Plans.TryGetValue(policy, out RankingPlan? made) ? made : Plans.GetValue(policy, _ => RankingPlan.Compile(policy, shelf));

    internal static bool IsScored(Decided recorded, DecisionInputs inputs) => recorded.Rung < (int)Rung.LighterScorer && !inputs.Skipped.Contains(DecisionRecorder.Ranking);

    private static ImmutableArray<DecidedSlot> Again(Decided recorded, DecisionInputs inputs, Policy policy, RankingPlan plan)
    {
        RecordedRequest request = RecordedRequest.Read(inputs.Request);
        if (inputs.Skipped.Contains(DecisionRecorder.Ranking)) return [.. request.Slots.Select(slot => new DecidedSlot(slot.Id, []))];
        return Ranker.Rank(RecordedProblem.Of(recorded, inputs, request, policy, plan), new RankBuffers());
    }

    /// <summary>Records that no decider of ours writes.</summary>
    internal static IEnumerable<string> Faults(Decided recorded, DecisionInputs inputs, Policy policy)
    {
        if (recorded.Policy != policy.Id) yield return $"policy: recorded {recorded.Policy}, replayed with {policy.Id}";
        bool scored = IsScored(recorded, inputs);
        if (scored && !inputs.Features.SequenceEqual(PolicyReading.Features(policy), StringComparer.Ordinal)) yield return "inputs.features: not those of the policy's heads";
        if (!inputs.Pins.SequenceEqual(DecisionRecorder.PinTexts(policy), StringComparer.Ordinal)) yield return "inputs.pins: not the policy's";
        int rows = inputs.Candidates.Length;
        if (scored && inputs.Matrix.Length != rows * inputs.Features.Length) yield return $"inputs.matrix: {inputs.Matrix.Length} values for {rows} rows";
        if (inputs.Sources.Length != rows) yield return $"inputs.sources: {inputs.Sources.Length} for {rows} candidates";
        if (inputs.Providers.Length != rows) yield return $"inputs.providers: {inputs.Providers.Length} for {rows} candidates";
        if (recorded.CandidateCount != rows) yield return $"candidateCount: recorded {recorded.CandidateCount}, {rows} candidates";
    }

    private static IEnumerable<string> Differences(ImmutableArray<DecidedSlot> recorded, ImmutableArray<DecidedSlot> replayed)
    {
        if (recorded.Length != replayed.Length) yield return $"slots: recorded {recorded.Length}, replayed {replayed.Length}";
        for (int s = 0; s < Math.Min(recorded.Length, replayed.Length); s++)
        {
            (DecidedSlot was, DecidedSlot now) = (recorded[s], replayed[s]);
            string path = $"slots[{s}]";
            if (was.Slot != now.Slot) yield return $"{path}.id: recorded {was.Slot}, replayed {now.Slot}";
            if (was.Items.Length != now.Items.Length) yield return $"{path}.items: recorded {was.Items.Length}, replayed {now.Items.Length}";
            for (int i = 0; i < Math.Min(was.Items.Length, now.Items.Length); i++)
            {
                foreach (string difference in Differences(was.Items[i], now.Items[i])) yield return $"{path}.items[{i}].{difference}";
            }
        }
    }

    private static IEnumerable<string> Differences(DecidedItem was, DecidedItem now)
    {
        if (was.Item != now.Item) yield return $"id: recorded {was.Item}, replayed {now.Item}";
        if (!Same(was.Score, now.Score)) yield return $"score: recorded {Text(was.Score)}, replayed {Text(now.Score)}";
        if (!Same(was.Propensity, now.Propensity)) yield return $"propensity: recorded {Text(was.Propensity)}, replayed {Text(now.Propensity)}";
        if (was.Explored != now.Explored) yield return $"explored: recorded {was.Explored}, replayed {now.Explored}";
        if (was.Explorable != now.Explorable) yield return $"explorable: recorded {was.Explorable}, replayed {now.Explorable}";
        if (was.Sources != now.Sources) yield return $"sources: recorded {was.Sources}, replayed {now.Sources}";
    }

    private static bool Same(double x, double y) => BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
