namespace Millrace.Delivery.Eviction.Simulation;

/// <summary>Requests in order, each for an object of some size: 12 bytes of memory a request and some 60 an object.</summary>
public sealed class CacheTrace
{
    private readonly Dictionary<ulong, int> _numbers = [];
    private readonly List<ulong> _keys = [];
    private readonly List<long> _lastSizes = [];
    private int[] _objects = new int[1024];
    private long[] _sizes = new long[1024];

    /// <summary>The requests.</summary>
    public int Requests { get; private set; }

    /// <summary>The bytes that all requests ask for.</summary>
    public long RequestBytes { get; private set; }

    /// <summary>The distinct objects.</summary>
    public int Objects => _keys.Count;

    /// <summary>The bytes of all distinct objects, each at its last size: a cache of so many bytes misses each of them once.</summary>
    public long FootprintBytes { get; private set; }

    /// <summary>How often an object was asked for with another size than before.</summary>
    public long SizeChanges { get; private set; }

    /// <summary>Appends a request.</summary>
    /// <param name="key">The object: its number, or a 64-bit hash of its name.</param>
    /// <param name="size">Its bytes.</param>
    public void Add(ulong key, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        if (Requests == _objects.Length)
        {
            Array.Resize(ref _objects, 2 * Requests);
            Array.Resize(ref _sizes, 2 * Requests);
        }

        if (!_numbers.TryGetValue(key, out var number))
        {
            number = _keys.Count;
            _numbers.Add(key, number);
            _keys.Add(key);
            _lastSizes.Add(size);
            FootprintBytes += size;
        }
        else if (_lastSizes[number] != size)
        {
            FootprintBytes += size - _lastSizes[number];
            _lastSizes[number] = size;
            SizeChanges++;
        }

        _objects[Requests] = number;
        _sizes[Requests++] = size;
        RequestBytes += size;
    }

    internal int ObjectAt(int request) => _objects[request];

    internal long SizeAt(int request) => _sizes[request];

    internal ulong KeyOf(int number) => _keys[number];

    /// <summary>For each request the number of the next one for its object; <see cref="int.MaxValue"/> when there is none.</summary>
    internal int[] NextUses()
    {
        var next = new int[Requests];
        var seen = new int[Objects];
        Array.Fill(seen, int.MaxValue);
        for (var i = Requests - 1; i >= 0; i--)
        {
            next[i] = seen[_objects[i]];
            seen[_objects[i]] = i;
        }

        return next;
    }
}
