using Millrace.Decisions;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Backtest;

/// <summary>
/// Journals clicks and decisions in the order of the replay while it goes on, as a node does behind its replies: a journal in memory takes a fact on the
/// spot, one on disk makes many durable at once. Bounded: the replay waits for the oldest when too many are under way.
/// </summary>
internal sealed class JournalBehind(IJournal journal) : IDecisionSink
{
    /// <summary>Facts under way at most, about 3 MiB: far below the journal's own bound of 16 MiB waiting in each partition.</summary>
    private const int MaxUnderWay = 4096;

    private readonly Queue<Task> _underWay = new();
    private long _facts;

    public void Write(Decided decision) => Append(decision);

    /// <summary>Hands a fact to the journal.</summary>
    /// <returns>The fact as it is folded, numbered in the order of the replay.</returns>
    public StoredFact Append(Fact fact)
    {
        var appending = journal.AppendAsync(fact);
        if (!appending.IsCompletedSuccessfully)
        {
            _underWay.Enqueue(appending.AsTask());
        }

        // Folded without waiting for the disk, hence without the journal's position; one partition keeps the order within every session.
        return new StoredFact(new Position(fact.Stream, 0, _facts++), fact);
    }

    /// <summary>Returns when no more than the bound is under way.</summary>
    public async ValueTask BoundAsync()
    {
        while (_underWay.Count > MaxUnderWay)
        {
            await _underWay.Dequeue();
        }
    }

    /// <summary>Returns when everything is durable.</summary>
    public async ValueTask FlushAsync()
    {
        while (_underWay.TryDequeue(out var oldest))
        {
            await oldest;
        }
    }
}
