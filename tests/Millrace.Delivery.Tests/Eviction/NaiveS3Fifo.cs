namespace Millrace.Delivery.Tests.Eviction;

/// <summary>S3-FIFO on three lists, oldest first.</summary>
internal sealed class NaiveS3Fifo(long capacity) : INaiveCache
{
    private readonly List<(ulong Key, long Size, int Visits)> _small = [];
    private readonly List<(ulong Key, long Size, int Visits)> _main = [];
    private readonly List<(ulong Key, long Size, int Visits)> _ghosts = [];
    private readonly long _smallCapacity = (long)(capacity * 0.1);
    private readonly long _ghostCapacity = (long)(capacity * 0.9);

    public bool Request(ulong key, long size)
    {
        if (Visit(_small, key) || Visit(_main, key))
        {
            return true;
        }

        var remembered = _ghosts.RemoveAll(ghost => ghost.Key == key) > 0;
        if (size <= _smallCapacity)
        {
            while (Bytes(_small) + Bytes(_main) + size > capacity)
            {
                Evict();
            }

            (remembered ? _main : _small).Add((key, size, 0));
        }

        return false;
    }

    public void Remove(ulong key)
    {
        _small.RemoveAll(entry => entry.Key == key);
        _main.RemoveAll(entry => entry.Key == key);
    }

    private static bool Visit(List<(ulong Key, long Size, int Visits)> list, ulong key)
    {
        var at = list.FindIndex(entry => entry.Key == key);
        if (at >= 0)
        {
            list[at] = list[at] with { Visits = list[at].Visits + 1 };
        }

        return at >= 0;
    }

    private static long Bytes(List<(ulong Key, long Size, int Visits)> list) => list.Sum(static entry => entry.Size);

    private void Evict()
    {
        if (Bytes(_main) > capacity - _smallCapacity || _small.Count == 0)
        {
            var oldest = Take(_main);
            while (oldest.Visits > 0)
            {
                _main.Add(oldest with { Visits = Math.Min(oldest.Visits, 3) - 1 });
                oldest = Take(_main);
            }

            return;
        }

        while (_small.Count > 0)
        {
            var oldest = Take(_small);
            if (oldest.Visits < 2)
            {
                if (oldest.Size <= _ghostCapacity)
                {
                    _ghosts.Add(oldest);
                    while (Bytes(_ghosts) > _ghostCapacity)
                    {
                        _ghosts.RemoveAt(0);
                    }
                }

                return;
            }

            _main.Add(oldest with { Visits = 0 });
        }
    }

    private static (ulong Key, long Size, int Visits) Take(List<(ulong Key, long Size, int Visits)> list)
    {
        var oldest = list[0];
        list.RemoveAt(0);
        return oldest;
    }
}
