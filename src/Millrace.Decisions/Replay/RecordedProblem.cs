using System.Text.Json;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Replay;

/// <summary>What a decision was ranked from, out of its full record.</summary>
internal static class RecordedProblem
{
    /// <param name="recorded">The decision.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="request">The request in them, read; what it adds to the constraints may have been altered.</param>
    /// <param name="policy">The policy that decides: the decision's own for a replay, a variant of it to ask what that would have made of the same inputs.</param>
    /// <param name="plan">That policy's heads, compiled.</param>
    /// <exception cref="JsonException">Something that <paramref name="policy"/> reads is missing, or the slots are larger than any decider takes.</exception>
    internal static RankProblem Of(Decided recorded, DecisionInputs inputs, RecordedRequest request, Policy policy, RankingPlan plan)
    {
        if (recorded.Mode == "online" && request.Slots.Sum(slot => (long)slot.Count) > PolicyValidator.MostItems * 100L) throw new JsonException("slots are too large");
        return new RankProblem
        {
            Ids = inputs.Candidates.AsSpan(),
            Sources = inputs.Sources.AsSpan(),
            Slate = request.Slate.Restore(policy, inputs.Candidates.Length, (Rung)recorded.Rung),
            Matrix = inputs.Matrix.AsSpan(),
            Terms = request.Terms.Restore(plan, inputs.Candidates.Length),
            Plan = plan,
            Slots = request.Slots.AsSpan(),
            Policy = policy,
            Rung = (Rung)recorded.Rung,
            Mode = DecideModes.Parse(recorded.Mode),
            Seed = recorded.Seed,
        };
    }
}
