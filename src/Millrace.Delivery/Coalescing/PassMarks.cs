namespace Millrace.Delivery.Coalescing;

/// <summary>Keys lately found unshareable, so that their requests do not queue behind one another ("hit-for-miss"). Bounded; full, it forgets the oldest.</summary>
internal sealed class PassMarks(TimeSpan lasting, TimeProvider time)
{
    private const int MaxMarks = 65_536;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _until = new(StringComparer.Ordinal);
    private readonly Queue<(string Key, long Until)> _order = new();

    public void Set(string key)
    {
        lock (_gate)
        {
            var until = time.GetTimestamp() + (long)(lasting.TotalSeconds * time.TimestampFrequency);
            while (_order.TryPeek(out var oldest) && (oldest.Until <= time.GetTimestamp() || _order.Count >= MaxMarks))
            {
                _order.Dequeue();
                if (_until.TryGetValue(oldest.Key, out var current) && current == oldest.Until)
                {
                    _until.Remove(oldest.Key);
                }
            }

            _until[key] = until;
            _order.Enqueue((key, until));
        }
    }

    public void Clear(string key)
    {
        lock (_gate)
        {
            _until.Remove(key);
        }
    }

    public bool Has(string key)
    {
        lock (_gate)
        {
            return _until.TryGetValue(key, out var until) && until > time.GetTimestamp();
        }
    }
}
