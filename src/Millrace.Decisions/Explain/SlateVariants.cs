using System.Collections.Immutable;
using System.Globalization;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Explain;

/// <summary>The slates that a decision's inputs would have given without exploring: by all of its policy's rules, and with one of them left out.</summary>
internal sealed class SlateVariants(Decided recorded, DecisionInputs inputs, RecordedRequest request, Policy policy, RankingPlan plan)
{
    private readonly RankBuffers _buffers = new();

    // The feature that counts trials stays: it is a column of the record's matrix.
    private readonly Policy _greedy = policy with { Explore = policy.Explore with { Method = ExplorationMethod.EpsilonGreedy, Epsilon = 0, Top = 1 } };

    /// <summary>Item → place, by all rules.</summary>
    internal IReadOnlyDictionary<string, SlatePlace> Greedy() => Places(_greedy, request);

    /// <summary>Rule → item → place without it; nothing for rules that the policy and the request do not have.</summary>
    internal IEnumerable<(string Rule, IReadOnlyDictionary<string, SlatePlace> Places)> Without()
    {
        SlateConstraints? asked = request.Slate.Asked;
        SlateConstraints all = SlateConstraints.Of(policy, asked);
        foreach (string attribute in all.AtMost.Keys)
        {
            yield return ($"atMost.{attribute}", Places(_greedy with { AtMost = _greedy.AtMost.Remove(attribute) }, Asking(asked is null ? null : asked with { AtMost = asked.AtMost.Remove(attribute) })));
        }

        for (int quota = 0; quota < all.AtLeast.Length; quota++)
        {
            int own = policy.AtLeast.Length;
            yield return ($"atLeast {Name(all.AtLeast[quota])}", quota < own
                ? Places(_greedy with { AtLeast = _greedy.AtLeast.RemoveAt(quota) }, Serving(request, quota))
                : Places(_greedy, Serving(Asking(asked! with { AtLeast = asked.AtLeast.RemoveAt(quota - own) }), quota)));
        }

        if (policy.Diversity is not null) yield return ("diversity", Places(_greedy with { Diversity = null }, request));
        if (!policy.Worths.IsEmpty) yield return ("boosts", Places(_greedy with { Worths = _greedy.Worths.Clear() }, request));
        for (int pace = 0; pace < request.Slate.Paces.Length; pace++) yield return ($"pacing {policy.Pacing[pace].Name}", Places(_greedy, Unpaced(pace)));
        foreach (string head in policy.Thresholds.Keys) yield return ($"thresholds.{head}", Places(_greedy with { Thresholds = _greedy.Thresholds.Remove(head) }, request));
        if (!policy.Pins.IsEmpty) yield return ("pins", Places(_greedy with { Pins = [] }, request));
    }

    private RecordedRequest Unpaced(int pace) => request with { Slate = request.Slate with { Paces = request.Slate.Paces.SetItem(pace, request.Slate.Paces[pace] with { Bonus = 0 }) } };

    /// <summary>Which of the quotas without this one each candidate serves.</summary>
    private RecordedRequest Serving(RecordedRequest recordedRequest, int without)
    {
        int quotas = SlateConstraints.Of(policy, request.Slate.Asked).AtLeast.Length;
        int below = (1 << without) - 1;
        ImmutableArray<byte> served = [.. recordedRequest.Slate.Quotas.Select(bits => (byte)((bits & below) | ((bits >> 1) & ~below)))];
        return recordedRequest with { Slate = recordedRequest.Slate with { Quotas = quotas > 1 ? served : [] } };
    }

    private static string Name(Quota quota)
    {
        string what = quota.Fresh is { } age ? string.Create(CultureInfo.InvariantCulture, $"fresh={age.TotalSeconds:0.###}s") : $"{quota.Attribute}={quota.Value}";
        return quota.Top is { } top ? string.Create(CultureInfo.InvariantCulture, $"{what} in the first {top}") : what;
    }

    private RecordedRequest Asking(SlateConstraints? asked) => request with { Slate = request.Slate with { Asked = asked } };

    private Dictionary<string, SlatePlace> Places(Policy variant, RecordedRequest from)
    {
        var places = new Dictionary<string, SlatePlace>(StringComparer.Ordinal);

        // A list of the ladder was ranked by no head: there is none whose threshold could be planned.
        RankingPlan under = ReferenceEquals(plan, RankingPlan.None) ? plan : plan.Under(variant);
        foreach (DecidedSlot slot in Ranker.Rank(RecordedProblem.Of(recorded, inputs, from, variant, under), _buffers))
        {
            for (int i = 0; i < slot.Items.Length; i++) places.TryAdd(slot.Items[i].Item, new SlatePlace(slot.Slot, i + 1));
        }

        return places;
    }
}
