namespace Millrace.Delivery.Tests.Eviction;

/// <summary>SIEVE on a list, oldest first; the hand is a key, or none for the oldest.</summary>
internal sealed class NaiveSieve(long capacity) : INaiveCache
{
    private readonly List<(ulong Key, long Size)> _list = [];
    private readonly HashSet<ulong> _visited = [];
    private ulong? _hand;

    public bool Request(ulong key, long size)
    {
        if (_list.Exists(entry => entry.Key == key))
        {
            _visited.Add(key);
            return true;
        }

        if (size <= capacity)
        {
            while (_list.Sum(static entry => entry.Size) + size > capacity)
            {
                var at = _hand is { } hand ? _list.FindIndex(entry => entry.Key == hand) : 0;
                while (_visited.Remove(_list[at].Key))
                {
                    at = (at + 1) % _list.Count;
                }

                _hand = at + 1 < _list.Count ? _list[at + 1].Key : null;
                _list.RemoveAt(at);
            }

            _list.Add((key, size));
        }

        return false;
    }

    public void Remove(ulong key)
    {
        var at = _list.FindIndex(entry => entry.Key == key);
        if (at >= 0)
        {
            if (_hand == key)
            {
                _hand = at + 1 < _list.Count ? _list[at + 1].Key : null;
            }

            _list.RemoveAt(at);
            _visited.Remove(key);
        }
    }
}
