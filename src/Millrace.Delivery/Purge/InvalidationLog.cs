namespace Millrace.Delivery.Purge;

/// <summary>
/// Remembers what unsafe requests changed (RFC 9111 §4.4), so that an answer already on its way is not stored over it. Anybody can send those: they are
/// not journalled, they have a bound of their own, and the oldest is forgotten, at the price of one such answer being stored.
/// </summary>
internal sealed class InvalidationLog(int maxNames)
{
    private readonly Dictionary<UInt128, long> _names = [];
    private readonly Queue<(UInt128 Name, long Sequence)> _inOrder = new();
    private long _sequence;

    public long Sequence => Volatile.Read(ref _sequence);

    public void Add(IEnumerable<UInt128> names)
    {
        var sequence = _sequence + 1;
        foreach (var name in names)
        {
            while (_inOrder.Count >= maxNames)
            {
                var oldest = _inOrder.Dequeue();
                if (_names.TryGetValue(oldest.Name, out var latest) && latest == oldest.Sequence)
                {
                    _names.Remove(oldest.Name);
                }
            }

            _names[name] = sequence;
            _inOrder.Enqueue((name, sequence));
        }

        Volatile.Write(ref _sequence, sequence);
    }

    public bool HasSince(UInt128 name, long began) => _names.TryGetValue(name, out var sequence) && sequence > began;
}
