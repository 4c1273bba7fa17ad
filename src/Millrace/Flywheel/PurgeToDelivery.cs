using System.IO.Hashing;
using System.Text;
using Millrace.Delivery.Purge;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>
/// Joint purge→journal: the control stream as the delivery plane's feed. A purge is a control fact first; the plane follows them in the journal's order
/// (<see cref="PurgeFollower"/>).
/// </summary>
internal sealed class PurgeToDelivery(IJournal journal, string name, TimeProvider clock) : IPurgeFeed
{
    // Policies and epochs of earlier releases stand between purges.
    private const int MaxFacts = 4_096;

    public string Name => name;

    /// <summary>The feed of a journal, known by the first fact of its control stream: its id is drawn once, and nobody else's journal begins with it.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="drawn">A name drawn at random, for one whose control stream is empty yet: it holds until the next start.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<PurgeToDelivery> OpenAsync(IJournal journal, string drawn, TimeProvider clock, CancellationToken cancellation)
    {
        var first = await journal.ReadAsync(JournalStream.Control, 0, journal.Range(JournalStream.Control, 0).First, 1, cancellation);
        return new PurgeToDelivery(journal, first is [var fact, ..] ? Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(fact.Fact.Id))) : drawn, clock);
    }

    public ValueTask<long> EndAsync(CancellationToken cancellation) => ValueTask.FromResult(journal.Range(JournalStream.Control, 0).End);

    public async ValueTask<PurgeBatch> ReadAsync(long from, int max, CancellationToken cancellation)
    {
        // Before the read: what is acknowledged while it runs is the next look's.
        var end = journal.Range(JournalStream.Control, 0).End;
        List<PurgeOrder> orders = [];
        var next = from;
        foreach (var stored in await journal.ReadAsync(JournalStream.Control, 0, from, MaxFacts, cancellation))
        {
            if (stored.Fact is Purged purge)
            {
                if (orders.Count == max)
                {
                    break;
                }

                orders.Add(new PurgeOrder(stored.Position.Offset, RequestOf(purge)));
            }

            next = stored.Position.Offset + 1;
        }

        return new PurgeBatch(orders, next, next >= end);
    }

    public async ValueTask WaitAsync(long from, TimeSpan patience, CancellationToken cancellation)
    {
        using var patient = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patient.Token, cancellation);
        try
        {
            await journal.WaitAsync(JournalStream.Control, 0, from, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // No news.
        }
    }

    internal static PurgeRequest RequestOf(Purged purge) =>
        new() { Urls = purge.Urls, Keys = purge.Keys, Route = purge.Route, Prefixes = purge.Prefixes ?? [], Soft = purge.Soft };
}
