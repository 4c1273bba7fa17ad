using Millrace.Api;
using Millrace.Delivery.Routes;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>
/// Joint purge→journal: a purge is durable first; the edge then obeys it in the journal's order (<see cref="PurgeToDelivery"/>). None is taken that
/// the edge would not hear of.
/// </summary>
/// <param name="journal">Where purges are kept.</param>
/// <param name="edge">Obeys them.</param>
/// <param name="routes">The routes in force.</param>
internal sealed class PurgeToJournal(IJournal journal, PurgeToDelivery edge, Func<RouteTable> routes) : IPurge
{
    public IReadOnlyList<string> Routes => [.. routes().Routes.Select(route => route.Match)];

    public async ValueTask<int?> PurgeAsync(Purged purge, bool waitForEdges, CancellationToken cancellation)
    {
        edge.ThrowIfLost();
        var position = await journal.AppendAsync(purge, cancellation);
        return waitForEdges ? await edge.WaitAsync(position, cancellation) : null;
    }
}
