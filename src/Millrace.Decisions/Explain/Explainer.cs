using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Decisions.Explain;

/// <summary>Explains decisions from their full records.</summary>
public static class Explainer
{
    /// <summary>How many contributions of a head are named.</summary>
    public const int Top = 10;

    /// <summary>Explains what was shown, and why <paramref name="item"/> was not.</summary>
    /// <param name="recorded">The decision, with its inputs.</param>
    /// <param name="policy">The policy and version that the record names; null when it is not at hand.</param>
    /// <param name="shelf">The models of all policies that ever decided.</param>
    /// <param name="item">An item to say of why it is not there; null for none.</param>
    /// <param name="outside">Says of an item that was no candidate what kept it out; null where nobody knows.</param>
    public static Explanation Explain(Decided recorded, Policy? policy, IModelShelf shelf, string? item = null, Func<string, (AbsenceReason Reason, string? Detail)>? outside = null)
    {
        if (recorded.Erased) return new Explanation(ExplainVerdict.Erased);
        if (recorded.Inputs is not { } inputs) return new Explanation(ExplainVerdict.NotRecorded);
        if (policy is null) return new Explanation(ExplainVerdict.PolicyMissing);
        if (recorded.Engine != Engine.Number) return new Explanation(ExplainVerdict.EngineChanged);
        if (Replayer.Faults(recorded, inputs, policy).Any()) return new Explanation(ExplainVerdict.Unreadable);
        try
        {
            return Explain(recorded, inputs, policy, shelf, item, outside);
        }
        catch (ModelMissingException)
        {
            return new Explanation(ExplainVerdict.ModelMissing);
        }
        catch (JsonException)
        {
            return new Explanation(ExplainVerdict.Unreadable);
        }
    }

    private static Explanation Explain(
        Decided recorded, DecisionInputs inputs, Policy policy, IModelShelf shelf, string? item, Func<string, (AbsenceReason Reason, string? Detail)>? outside)
    {
        RecordedRequest request = RecordedRequest.Read(inputs.Request);
        bool scored = Replayer.IsScored(recorded, inputs);
        RankingPlan plan = scored ? Replayer.PlanOf(policy, shelf) : RankingPlan.None;
        var buffers = new RankBuffers();
        RankProblem problem = RecordedProblem.Of(recorded, inputs, request, policy, plan);
        var utilities = new double[inputs.Candidates.Length];
        Scoring.Score(problem, buffers, utilities);

        // A caller's slate was neither ranked nor drawn, and no rule of ours had a part in it.
        bool drawn = recorded.Mode == "online" && !inputs.Skipped.Contains(Pipeline.DecisionRecorder.Ranking);
        if (drawn) Additions.Add(Additions.Of(problem, buffers), utilities);
        var order = new int[utilities.Length];
        Scoring.Sort(problem.Ids, utilities, new ulong[order.Length], order);
        var byUtility = new int[order.Length];
        for (int i = 0; i < order.Length; i++) byUtility[order[i]] = i + 1;

        var heads = scored ? new HeadExplainer(plan, policy, shelf, buffers, Top) : null;
        var variants = new SlateVariants(recorded, inputs, request, policy, plan);
        var greedy = drawn ? variants.Greedy() : ImmutableDictionary<string, SlatePlace>.Empty;
        var without = drawn ? variants.Without().ToArray() : [];
        var rows = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int row = 0; row < inputs.Candidates.Length; row++) rows.TryAdd(inputs.Candidates[row], row);

        ExplainedItem Of(string id, SlatePlace? shown)
        {
            SlatePlace? free = Find(greedy, id);
            var explained = new ExplainedItem
            {
                Item = id,
                Shown = shown,
                Greedy = free,
                Without = [.. without.Select(rule => new Counterfactual(rule.Rule, Find(rule.Places, id))).Where(other => other.Place != free)],
            };
            return rows.TryGetValue(id, out int row)
                ? explained with
                {
                    Utility = utilities[row],
                    Sources = inputs.Sources[row],
                    ByUtility = byUtility[row],
                    Boost = drawn && scored ? policy.Worths.GetValueOrDefault(id) : 0,
                    Pacing = drawn && scored ? Bonuses(request.Slate, row) : [],
                    Heads = heads?.Explain(inputs.Matrix.AsSpan(row * plan.Columns.Length, plan.Columns.Length), row, utilities.Length) ?? [],
                }
                : explained;
        }

        var items = ImmutableArray.CreateBuilder<ExplainedItem>();
        foreach (DecidedSlot slot in recorded.Slots)
        {
            for (int i = 0; i < slot.Items.Length; i++) items.Add(Of(slot.Items[i].Item, new SlatePlace(slot.Slot, i + 1)));
        }

        return new Explanation(ExplainVerdict.Explained)
        {
            ScoredBy = !scored ? ScoredBy.Place : policy.Heads.IsEmpty ? ScoredBy.Blend : ScoredBy.Heads,
            Items = items.ToImmutable(),
            WhyNot = item is null ? null : WhyNot(item, items, rows.ContainsKey(item) ? Of(item, null) : null, inputs, policy, outside),
        };
    }

    private static Absence WhyNot(
        string item, IEnumerable<ExplainedItem> shown, ExplainedItem? candidate, DecisionInputs inputs, Policy policy, Func<string, (AbsenceReason Reason, string? Detail)>? outside)
    {
        if (shown.FirstOrDefault(other => other.Item == item) is { } there) return new Absence(item, AbsenceReason.Shown, null, there);
        if (candidate is null)
        {
            if (inputs.LeftOut.IndexOf(item) is >= 0 and var place) return new Absence(item, AbsenceReason.FirstPhase, PlaceOf(place, inputs), null);
            var (reason, detail) = outside?.Invoke(item) ?? (AbsenceReason.NotGathered, null);
            return new Absence(item, reason, detail, null);
        }

        foreach (var (head, threshold) in policy.Thresholds)
        {
            if (candidate.Heads.FirstOrDefault(of => of.Name == head) is { } value && !(value.Value >= (threshold.AtLeast ?? double.NegativeInfinity) && value.Value <= (threshold.AtMost ?? double.PositiveInfinity)))
            {
                return new Absence(item, AbsenceReason.Threshold, string.Create(CultureInfo.InvariantCulture, $"{head} {value.Value:R}"), candidate);
            }
        }

        if (candidate.Greedy is not null) return new Absence(item, AbsenceReason.Explored, null, candidate);
        return candidate.Without.FirstOrDefault(other => other.Place is not null) is { } rule
            ? new Absence(item, AbsenceReason.Rule, rule.Rule, candidate)
            : new Absence(item, AbsenceReason.Outranked, null, candidate);
    }

    /// <summary>Where the first phase put what it left out. What it kept was named by sources; the others are the request's, an editor's, or both.</summary>
    private static string PlaceOf(int leftOut, DecisionInputs inputs)
    {
        uint others = Pipeline.Workspace.Bit(CandidateSourceKind.Request) | Pipeline.Workspace.Bit(CandidateSourceKind.Pinned) | Pipeline.Workspace.Bit(CandidateSourceKind.Boosted);
        int kept = inputs.Sources.Count(bits => (bits & ~others) != 0);
        return string.Create(CultureInfo.InvariantCulture, $"place {kept + leftOut + 1:N0} of {kept + inputs.LeftOut.Length:N0}");
    }

    /// <summary>What pacing added to one candidate.</summary>
    private static ImmutableArray<ExplainedBonus> Bonuses(RecordedSlate slate, int row) =>
    [
        .. slate.Paces.Index().Where(pace => (slate.Paced[row] >> pace.Index & 1) != 0).Select(static pace => new ExplainedBonus($"{pace.Item.Attribute}={pace.Item.Value}", pace.Item.Bonus)),
    ];

    private static SlatePlace? Find(IReadOnlyDictionary<string, SlatePlace> places, string item) => places.TryGetValue(item, out SlatePlace place) ? place : null;
}
