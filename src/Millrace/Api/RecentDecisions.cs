using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>Decisions of the last ten minutes (DESIGN §9), so that a repeated request gets the same answer. In memory only. Thread-safe.</summary>
internal sealed class RecentDecisions(int max)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Id), Recent> _known = [];
    private readonly Queue<((string, string) Key, UnixMicros Until)> _order = new();

    /// <summary>The decision of that id, taken now if it is new.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="id">The decision's id.</param>
    /// <param name="request">Hash of the request.</param>
    /// <param name="now">For forgetting.</param>
    /// <param name="decide">Takes it; runs once however many ask at a time.</param>
    /// <param name="forgottenEarly">Whether the bound pushed out a younger one than ten minutes.</param>
    /// <returns>Null when the id belongs to another request.</returns>
    public Decided? GetOrDecide(string tenant, string id, UInt128 request, UnixMicros now, Func<Decided> decide, out bool forgottenEarly)
    {
        Recent? recent;
        forgottenEarly = false;
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && oldest.Until < now)
            {
                _known.Remove(_order.Dequeue().Key);
            }

            if (!_known.TryGetValue((tenant, id), out recent))
            {
                recent = new(request, new(decide, LazyThreadSafetyMode.ExecutionAndPublication));
                _known[(tenant, id)] = recent;
                _order.Enqueue(((tenant, id), now + Remembered));
                forgottenEarly = _known.Count > max && _known.Remove(_order.Dequeue().Key);
            }
        }

        return recent.Request == request ? recent.Answer.Value : null;
    }

    private sealed record Recent(UInt128 Request, Lazy<Decided> Answer);
}
