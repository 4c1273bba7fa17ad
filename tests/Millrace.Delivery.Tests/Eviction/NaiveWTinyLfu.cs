using Millrace.Delivery.Eviction;

namespace Millrace.Delivery.Tests.Eviction;

/// <summary>W-TinyLFU on three lists, oldest first, with exact counts in place of the sketch, each bounded as the sketch's are.</summary>
internal sealed class NaiveWTinyLfu(long capacity) : INaiveCache
{
    private readonly List<(ulong Key, long Size)> _window = [];
    private readonly List<(ulong Key, long Size)> _probation = [];
    private readonly List<(ulong Key, long Size)> _protected = [];
    private readonly Dictionary<ulong, int> _asked = [];
    private readonly long _windowCapacity = capacity / 100;

    public bool Request(ulong key, long size)
    {
        var hit = _window.Exists(entry => entry.Key == key) || _probation.Exists(entry => entry.Key == key) || _protected.Exists(entry => entry.Key == key);
        if (hit || size <= capacity)
        {
            _asked[key] = Math.Min(FrequencySketch.Max, _asked.GetValueOrDefault(key) + 1);
        }

        if (hit)
        {
            var inWindow = _window.Exists(entry => entry.Key == key);
            Remove(key);
            (inWindow ? _window : _protected).Add((key, size));
            while (Bytes(_protected) > (capacity - _windowCapacity) / 5 * 4)
            {
                Move(_protected, _probation);
            }
        }
        else if (size <= capacity)
        {
            Enter(key, size);
        }

        return hit;
    }

    public void Remove(ulong key)
    {
        foreach (var list in (List<(ulong Key, long Size)>[])[_window, _probation, _protected])
        {
            list.RemoveAll(entry => entry.Key == key);
        }
    }

    private static long Bytes(List<(ulong Key, long Size)> list) => list.Sum(static entry => entry.Size);

    private static void Move(List<(ulong Key, long Size)> from, List<(ulong Key, long Size)> to)
    {
        to.Add(from[0]);
        from.RemoveAt(0);
    }

    private void Enter(ulong key, long size)
    {
        var large = size > _windowCapacity;
        if (large && !Wins(key, Total() + size - capacity))
        {
            return;
        }

        while (Total() + size > capacity)
        {
            var main = _probation.Count > 0 ? _probation : _protected;
            if (main.Count == 0)
            {
                _window.RemoveAt(0);
            }
            else if (large || Bytes(_window) + size <= _windowCapacity || _window.Count == 0)
            {
                main.RemoveAt(0);
            }
            else if (_asked[_window[0].Key] > _asked[main[0].Key])
            {
                main.RemoveAt(0);
                Move(_window, _probation);
            }
            else
            {
                _window.RemoveAt(0);
            }
        }

        (large ? _probation : _window).Add((key, size));
        while (Bytes(_window) > _windowCapacity)
        {
            Move(_window, _probation);
        }
    }

    private long Total() => Bytes(_window) + Bytes(_probation) + Bytes(_protected);

    private bool Wins(ulong key, long need)
    {
        foreach (var (victim, size) in _probation.Concat(_protected))
        {
            if (need <= 0)
            {
                break;
            }

            if (_asked[victim] >= _asked[key])
            {
                return false;
            }

            need -= size;
        }

        return need <= 0;
    }
}
