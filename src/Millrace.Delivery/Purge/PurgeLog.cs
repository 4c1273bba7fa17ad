using Millrace.Delivery.Keys;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Purge;

/// <summary>
/// Remembers purges by what they name, each with its sequence, so that a response whose origin request began before a purge is never
/// stored or shared after it (DESIGN §9). Stored responses are removed by the purge itself; this holds those on their way.
/// </summary>
internal sealed class PurgeLog(int maxPurges)
{
    /// <summary>Route purges are rare, and each is compared with every response on its way.</summary>
    private const int MaxRoutes = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, long> _names = [];
    private readonly Dictionary<UInt128, long> _invalidated = [];
    private readonly Queue<(UInt128 Name, long Sequence)> _invalidatedInOrder = new();
    private readonly List<(RoutePattern Pattern, long Sequence)> _routes = [];
    private long _sequence;
    private long _floor;

    /// <summary>The sequence that an origin request carries from its beginning.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>Records a purge of names formed by <see cref="PurgeNames"/> and of a route; true when the bound was hit and the memory collapsed to a floor.</summary>
    public bool Add(IReadOnlyCollection<UInt128> names, RoutePattern? route = null)
    {
        lock (_gate)
        {
            var sequence = _sequence + 1;
            var collapsed = _names.Count + names.Count > maxPurges || (route is not null && _routes.Count >= MaxRoutes);
            if (collapsed)
            {
                _names.Clear();
                _routes.Clear();
                _floor = sequence;
            }
            else
            {
                foreach (var name in names)
                {
                    _names[name] = sequence;
                }

                if (route is not null)
                {
                    _routes.Add((route, sequence));
                }
            }

            Volatile.Write(ref _sequence, sequence);
            return collapsed;
        }
    }

    /// <summary>
    /// Records that an unsafe request changed what the names stand for (RFC 9111 §4.4). Anybody can send those, so they have a bound of their own
    /// and the oldest is forgotten: at worst one response that was already on its way is stored.
    /// </summary>
    public void Invalidate(IEnumerable<UInt128> names)
    {
        lock (_gate)
        {
            var sequence = _sequence + 1;
            foreach (var name in names)
            {
                while (_invalidatedInOrder.Count >= maxPurges)
                {
                    var oldest = _invalidatedInOrder.Dequeue();
                    if (_invalidated.TryGetValue(oldest.Name, out var latest) && latest == oldest.Sequence)
                    {
                        _invalidated.Remove(oldest.Name);
                    }
                }

                _invalidated[name] = sequence;
                _invalidatedInOrder.Enqueue((name, sequence));
            }

            Volatile.Write(ref _sequence, sequence);
        }
    }

    /// <summary>Whether a response that began at <paramref name="began"/> and bears these names has been purged since.</summary>
    public bool Voids(long began, string key, ReadOnlySpan<string> surrogateKeys)
    {
        if (began == Sequence)
        {
            return false;
        }

        lock (_gate)
        {
            var name = PurgeNames.OfKey(key);
            if (began < _floor || Later(_names, name, began) || Later(_invalidated, name, began))
            {
                return true;
            }

            foreach (var surrogate in surrogateKeys)
            {
                if (Later(_names, PurgeNames.OfSurrogate(surrogate), began))
                {
                    return true;
                }
            }

            return VoidsByRoute(began, key);
        }
    }

    private bool VoidsByRoute(long began, string key)
    {
        if (_routes.Count == 0 || _routes[^1].Sequence <= began)
        {
            return false;
        }

        var (authority, path) = CacheKey.Split(key);
        return _routes.Exists(purge => purge.Sequence > began && purge.Pattern.Covers(authority, path));
    }

    private static bool Later(Dictionary<UInt128, long> names, UInt128 name, long began) => names.TryGetValue(name, out var sequence) && sequence > began;
}
