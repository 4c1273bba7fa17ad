using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Ranking;

namespace Millrace.Decisions.Terms;

/// <summary>Asks the terms that a policy reads, one after the other, each within what is left of the decision's budget for them.</summary>
internal sealed class TermColumns(TimeProvider clock, TimeSpan budget, Action<Exception>? faulted)
{
    /// <summary>Fills the columns of <see cref="RankBuffers.Terms"/>.</summary>
    /// <returns>Whether all were asked, and said all that they know.</returns>
    internal bool Read(Workspace work, RankingPlan plan, ObjectiveTerms terms)
    {
        if (plan.Terms.IsEmpty) return true;
        Span<float> columns = RankBuffers.Of(ref work.Rank.Terms, plan.Terms.Length * work.Count);
        columns.Fill(float.NaN);
        var until = new TermBudget(clock, clock.GetTimestamp() + (long)(budget.TotalSeconds * clock.TimestampFrequency));
        bool whole = true;
        for (int term = 0; term < plan.Terms.Length; term++)
        {
            Span<float> own = columns.Slice(term * work.Count, work.Count);
            whole &= !until.IsSpent && terms.Find(plan.Terms[term]) is { } found && Fill(found, work, until, own);
        }

        return whole;
    }

    private bool Fill(IObjectiveTerm term, Workspace work, TermBudget until, Span<float> values)
    {
        try
        {
            return term.Fill(work.Items.AsSpan(0, work.Count), until, values);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // What it had said by then is as doubtful as the rest, and would favour the candidates that came first.
            values.Fill(float.NaN);
            faulted?.Invoke(fault);
            return false;
        }
    }
}
