using Millrace.Decisions;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Backtest;

/// <summary>Journals each decision as it is taken: a journal in memory completes an append on the spot.</summary>
internal sealed class DecisionLog(IJournal journal) : IDecisionSink
{
    public void Write(Decided decision)
    {
        var appending = journal.AppendAsync(decision);
        if (!appending.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException($"The journal of a backtest did not take decision {decision.Id} at once.", appending.AsTask().Exception);
        }
    }
}
