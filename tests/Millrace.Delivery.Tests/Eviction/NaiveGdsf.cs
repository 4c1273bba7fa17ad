namespace Millrace.Delivery.Tests.Eviction;

/// <summary>GDSF by looking at everything for the least.</summary>
internal sealed class NaiveGdsf(long capacity) : INaiveCache
{
    private readonly Dictionary<ulong, (long Size, int Visits, double Priority, int Asked)> _held = [];
    private double _age;
    private int _time;

    public bool Request(ulong key, long size)
    {
        _time++;
        if (_held.TryGetValue(key, out var entry))
        {
            _held[key] = (size, entry.Visits + 1, _age + ((entry.Visits + 1) * 1e6 / size), _time);
            return true;
        }

        if (size <= capacity)
        {
            while (_held.Values.Sum(static held => held.Size) + size > capacity)
            {
                var (victim, (_, _, priority, _)) = _held.MinBy(static held => (held.Value.Priority, held.Value.Asked));
                _held.Remove(victim);
                _age = priority;
            }

            _held[key] = (size, 1, _age + (1e6 / size), _time);
        }

        return false;
    }

    public void Remove(ulong key) => _held.Remove(key);
}
