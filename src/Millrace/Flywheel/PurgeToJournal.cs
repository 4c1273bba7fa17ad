using Millrace.Api;
using Millrace.Delivery.Purge;
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
internal sealed class PurgeToJournal(IJournal journal, PurgeFollower edge, Func<RouteTable> routes) : IPurge
{
    private const string Lost = "purges cannot be followed now; they will be obeyed when the journal can be read";

    public IReadOnlyList<string> Routes => [.. routes().Routes.Select(route => route.Match)];

    public string? PrefixFault(string prefix) => routes().PrefixFault(prefix);

    public async ValueTask<Position> PurgeAsync(Purged purge, CancellationToken cancellation)
    {
        if (edge.Lost is { } broken)
        {
            throw new JournalFaultException(Lost, broken);
        }

        return await journal.AppendAsync(purge, cancellation);
    }

    public bool IsTaken(Position position) => position.Offset >= 0 && position.Offset < journal.Range(position.Stream, position.Partition).End;

    public async ValueTask<int> WaitAsync(Position position, CancellationToken cancellation)
    {
        try
        {
            return await edge.WaitAsync(position.Offset, cancellation);
        }
        catch (IOException broken)
        {
            throw new JournalFaultException(Lost, broken.InnerException ?? broken);
        }
    }
}
