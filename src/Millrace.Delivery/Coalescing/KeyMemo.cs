namespace Millrace.Delivery.Coalescing;

/// <summary>Remembers something about hashed keys for a while. Bounded; full, it forgets the oldest.</summary>
internal sealed class KeyMemo<T>(TimeSpan lasting, TimeProvider time)
{
    private const int MaxKeys = 65_536;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, (T Value, long Until)> _values = [];
    private readonly Queue<(UInt128 Key, long Until)> _order = new();

    public void Set(UInt128 key, T value)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            while (_order.TryPeek(out var oldest) && (oldest.Until <= now || _order.Count >= MaxKeys))
            {
                _order.Dequeue();
                if (_values.TryGetValue(oldest.Key, out var current) && current.Until == oldest.Until)
                {
                    _values.Remove(oldest.Key);
                }
            }

            var until = now + (long)(lasting.TotalSeconds * time.TimestampFrequency);
            _values[key] = (value, until);
            _order.Enqueue((key, until));
        }
    }

    public void Clear(UInt128 key)
    {
        lock (_gate)
        {
            _values.Remove(key);
        }
    }

    public bool TryGet(UInt128 key, out T value)
    {
        lock (_gate)
        {
            var known = _values.TryGetValue(key, out var held) && held.Until > time.GetTimestamp();
            value = held.Value;
            return known;
        }
    }
}
