namespace Millrace.Delivery.Purge;

/// <summary>
/// Remembers purges by what they name, each with its sequence, so that a response whose origin request began before a purge is never
/// stored or shared after it (DESIGN §9). Stored responses are removed by the purge itself; this holds those on their way.
/// </summary>
internal sealed class PurgeLog(int maxPurges)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _names = new(StringComparer.Ordinal);
    private long _sequence;
    private long _floor;

    /// <summary>The sequence that an origin request carries from its beginning.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>Records a purge of names formed by <see cref="PurgeNames"/>; true when the bound was hit and the memory collapsed to a floor.</summary>
    public bool Add(IReadOnlyCollection<string> names)
    {
        lock (_gate)
        {
            var sequence = _sequence + 1;
            var collapsed = _names.Count + names.Count > maxPurges;
            if (collapsed)
            {
                _names.Clear();
                _floor = sequence;
            }
            else
            {
                foreach (var name in names)
                {
                    _names[name] = sequence;
                }
            }

            Volatile.Write(ref _sequence, sequence);
            return collapsed;
        }
    }

    /// <summary>Whether a response that began at <paramref name="began"/> and bears these names has been purged since.</summary>
    public bool Voids(long began, string key, string route, ReadOnlySpan<string> surrogateKeys)
    {
        if (began == Sequence)
        {
            return false;
        }

        lock (_gate)
        {
            if (began < _floor || Later(PurgeNames.OfKey(key), began) || Later(PurgeNames.OfRoute(route), began))
            {
                return true;
            }

            foreach (var name in surrogateKeys)
            {
                if (Later(PurgeNames.OfSurrogate(name), began))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private bool Later(string name, long began) => _names.TryGetValue(name, out var sequence) && sequence > began;
}
