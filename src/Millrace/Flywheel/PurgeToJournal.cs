using Millrace.Api;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>
/// Joint purge→journal: a purge is durable first; the edge then obeys it in the journal's order (<see cref="PurgeToDelivery"/>). None is taken that the edge would not hear of.
/// </summary>
internal sealed class PurgeToJournal(IJournal journal, PurgeToDelivery edge) : IPurge
{
    public async ValueTask PurgeAsync(Purged purge, bool waitForEdges, CancellationToken cancellation)
    {
        edge.ThrowIfLost();
        var position = await journal.AppendAsync(purge, cancellation);
        if (waitForEdges)
        {
            await edge.WaitAsync(position, cancellation);
        }
    }
}
