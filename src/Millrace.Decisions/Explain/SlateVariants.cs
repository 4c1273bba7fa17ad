using System.Collections.Immutable;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Decisions.Explain;

/// <summary>The slates that a decision's inputs would have given without exploring: by all of its policy's rules, and with one of them left out.</summary>
internal sealed class SlateVariants(Decided recorded, DecisionInputs inputs, RecordedRequest request, Policy policy, IModelShelf shelf)
{
    private static readonly Models.Policies.Exploration None = new() { Epsilon = 0, Top = 1 };

    private readonly RankBuffers _buffers = new();

    /// <summary>Item → place, by all rules.</summary>
    internal IReadOnlyDictionary<string, SlatePlace> Greedy() => Places(policy with { Explore = None }, request);

    /// <summary>Rule → item → place without it; nothing for rules that the policy and the request do not have.</summary>
    internal IEnumerable<(string Rule, IReadOnlyDictionary<string, SlatePlace> Places)> Without()
    {
        Policy greedy = policy with { Explore = None };
        SlateConstraints? asked = request.Slate.Asked;
        SlateConstraints all = SlateConstraints.Of(policy, asked);
        foreach (string attribute in all.AtMost.Keys)
        {
            yield return ($"atMost.{attribute}", Places(greedy with { AtMost = greedy.AtMost.Remove(attribute) }, Asking(asked is null ? null : asked with { AtMost = asked.AtMost.Remove(attribute) })));
        }

        for (int quota = 0; quota < all.AtLeast.Length; quota++)
        {
            int own = policy.AtLeast.Length;
            yield return ($"atLeast {all.AtLeast[quota]}", quota < own
                ? Places(greedy with { AtLeast = greedy.AtLeast.RemoveAt(quota) }, request)
                : Places(greedy, Asking(asked! with { AtLeast = asked.AtLeast.RemoveAt(quota - own) })));
        }

        if (policy.Diversity is not null) yield return ("diversity", Places(greedy with { Diversity = null }, request));
        foreach (string head in policy.Thresholds.Keys) yield return ($"thresholds.{head}", Places(greedy with { Thresholds = greedy.Thresholds.Remove(head) }, request));
        if (!policy.Pins.IsEmpty) yield return ("pins", Places(greedy with { Pins = [] }, request));
    }

    private RecordedRequest Asking(SlateConstraints? asked) => request with { Slate = request.Slate with { Asked = asked } };

    private Dictionary<string, SlatePlace> Places(Policy variant, RecordedRequest from)
    {
        RankingPlan plan = Replayer.IsScored(recorded, inputs) ? RankingPlan.Compile(variant, shelf) : RankingPlan.None;
        var places = new Dictionary<string, SlatePlace>(StringComparer.Ordinal);
        foreach (DecidedSlot slot in Ranker.Rank(RecordedProblem.Of(recorded, inputs, from, variant, plan), _buffers))
        {
            for (int i = 0; i < slot.Items.Length; i++) places.TryAdd(slot.Items[i].Item, new SlatePlace(slot.Slot, i + 1));
        }

        return places;
    }
}
