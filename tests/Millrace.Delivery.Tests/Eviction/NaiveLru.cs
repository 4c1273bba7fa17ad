namespace Millrace.Delivery.Tests.Eviction;

/// <summary>A policy written as slowly and plainly as its paper allows: the oracle of the fast one.</summary>
internal interface INaiveCache
{
    /// <returns>Whether it was a hit.</returns>
    bool Request(ulong key, long size);

    void Remove(ulong key);
}

/// <summary>LRU, or FIFO when hits move nothing: a list, oldest first.</summary>
internal sealed class NaiveLru(long capacity, bool promote) : INaiveCache
{
    private readonly List<(ulong Key, long Size)> _list = [];

    public bool Request(ulong key, long size)
    {
        var at = _list.FindIndex(entry => entry.Key == key);
        if (at >= 0)
        {
            if (promote)
            {
                var entry = _list[at];
                _list.RemoveAt(at);
                _list.Add(entry);
            }

            return true;
        }

        if (size <= capacity)
        {
            while (_list.Sum(static entry => entry.Size) + size > capacity)
            {
                _list.RemoveAt(0);
            }

            _list.Add((key, size));
        }

        return false;
    }

    public void Remove(ulong key) => _list.RemoveAll(entry => entry.Key == key);
}
