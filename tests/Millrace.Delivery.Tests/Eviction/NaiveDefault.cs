using Millrace.Delivery.Eviction;

namespace Millrace.Delivery.Tests.Eviction;

/// <summary>The default policy with lists, sorting and exact counts.</summary>
internal sealed class NaiveDefault(long capacity) : INaiveCache
{
    private readonly List<(ulong Key, long Size)> _window = [];
    private readonly List<(ulong Key, long Size, double Rank, int Time)> _main = [];
    private readonly Dictionary<ulong, int> _asked = [];
    private readonly long _windowCapacity = capacity / 50;
    private double _age;
    private int _time;

    public bool Request(ulong key, long size)
    {
        var inWindow = _window.FindIndex(entry => entry.Key == key);
        var inMain = _main.FindIndex(entry => entry.Key == key);
        if (inWindow >= 0 || inMain >= 0 || size <= capacity)
        {
            _asked[key] = Math.Min(FrequencySketch.Max, _asked.GetValueOrDefault(key) + 1);
        }

        if (inWindow >= 0)
        {
            _window.RemoveAt(inWindow);
            _window.Add((key, size));
            return true;
        }

        if (inMain >= 0)
        {
            // The average is that of everything in the main part, this one included.
            var entry = Ranked(key, size);
            _main.RemoveAt(inMain);
            _main.Add(entry);
            return true;
        }

        if (size <= capacity)
        {
            Enter(key, size);
        }

        return false;
    }

    public void Remove(ulong key)
    {
        _window.RemoveAll(entry => entry.Key == key);
        _main.RemoveAll(entry => entry.Key == key);
    }

    private void Enter(ulong key, long size)
    {
        var large = size > _windowCapacity;
        if (large && !Outweighs(key, Total() + size - capacity))
        {
            return;
        }

        var won = false;
        while (Total() + size > capacity)
        {
            var contest = !large && !won && _window.Count > 0 && _window.Sum(static entry => entry.Size) + size > _windowCapacity;
            won |= contest && _main.Count > 0 && Outweighs(_window[0].Key, Total() + size - capacity);
            if (_main.Count == 0 || (contest && !won))
            {
                _window.RemoveAt(0);
                continue;
            }

            _age = Math.Max(_age, Sorted()[0].Rank);
            _main.Remove(Sorted()[0]);
        }

        if (large)
        {
            _main.Add(Ranked(key, size));
        }
        else
        {
            _window.Add((key, size));
        }

        while (_window.Sum(static entry => entry.Size) > _windowCapacity)
        {
            var oldest = _window[0];
            _window.RemoveAt(0);
            _main.Add(Ranked(oldest.Key, oldest.Size));
        }
    }

    private bool Outweighs(ulong key, long need)
    {
        long freed = 0;
        var displaced = 0;
        foreach (var entry in Sorted())
        {
            if (freed >= need)
            {
                break;
            }

            freed += entry.Size;
            displaced += _asked[entry.Key];
        }

        return freed >= need && _asked[key] >= displaced;
    }

    private (ulong Key, long Size, double Rank, int Time) Ranked(ulong key, long size)
    {
        var average = _main.Count > 0 ? (double)_main.Sum(static entry => entry.Size) / _main.Count : size;
        return (key, size, _age + (_asked[key] * average / size), ++_time);
    }

    private List<(ulong Key, long Size, double Rank, int Time)> Sorted() => [.. _main.OrderBy(static entry => (entry.Rank, entry.Time))];

    private long Total() => _window.Sum(static entry => entry.Size) + _main.Sum(static entry => entry.Size);
}
