namespace Millrace.Delivery.Storage;

/// <summary>
/// A piece of a large object's body in memory, kept and let go by itself. It arrives like a whole body does: one writer, any number of readers; the store
/// takes it when all of it is here.
/// </summary>
internal sealed class Slice : StoredNode
{
    /// <summary>The node, the array's header, and its place in the map.</summary>
    private const int FixedBytes = 256;

    private readonly Lock _gate = new();
    private readonly int _length;
    private volatile byte[]? _array;
    private volatile MemoryFile? _file;
    private TaskCompletionSource? _changed;
    private Exception? _fault;
    private int _arrived;

    /// <summary>A slice of which nothing has come yet.</summary>
    public Slice(SliceMap map, int index, ulong hash, MemoryAccount account)
        : base(hash ^ (((ulong)index + 1) * 0x9e37_79b9_7f4a_7c15), new Residence(account))
    {
        (Map, Index, _length) = (map, index, map.LengthOf(index));
        _array = GC.AllocateUninitializedArray<byte>(_length);
        Residence.Bytes = Size = FixedBytes + (_length >= MemoryFile.MinBytes ? MemoryFile.MemoryBytesOf(_length) : _length);
    }

    public SliceMap Map { get; }

    public int Index { get; }

    /// <summary>Whether it came from the origin, and not from disk.</summary>
    public bool IsFetched { get; set; }

    public bool IsWhole => Volatile.Read(ref _arrived) == _length;

    /// <summary>All of a slice that is whole.</summary>
    public ReadOnlyMemory<byte> Bytes => IsWhole ? Here : throw new InvalidOperationException("The slice is arriving.");

    /// <summary>Memory for what has not come yet. Only the writer calls.</summary>
    public Memory<byte> Space => _array.AsMemory(_arrived);

    // In this order: the file is set before the array is let go.
    private ReadOnlyMemory<byte> Here => _array is { } array ? array : _file!.Memory;

    /// <summary>Has a large slice that is whole lie in a file in memory from now on, where there is one to be had; who reads the array goes on.</summary>
    public void MoveToFile()
    {
        if (_length >= MemoryFile.MinBytes && _array is { } array && MemoryFile.TryCreate(array) is { } file)
        {
            _file = file;
            _array = null;
        }
    }

    /// <summary>So many bytes more have come.</summary>
    public void Commit(int bytes)
    {
        lock (_gate)
        {
            Volatile.Write(ref _arrived, _arrived + bytes);
            Wake();
        }
    }

    /// <summary>The rest will not come.</summary>
    public void Fail(Exception fault)
    {
        lock (_gate)
        {
            _fault = fault;
            Wake();
        }
    }

    /// <summary>Sets what it took to get it, once it is whole.</summary>
    public void Cost(TimeSpan took) => FetchCost = CostOf(took);

    /// <summary>What is here from a position on, up to an end: at least one byte.</summary>
    /// <exception cref="IOException">The origin's body ended early.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int from, int end, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_arrived > from)
                {
                    return Here[from..Math.Min(end, _arrived)];
                }

                if (_fault is not null)
                {
                    throw new IOException("The origin's body ended early.", _fault);
                }

                changed = (_changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void Wake()
    {
        _changed?.TrySetResult();
        _changed = null;
    }
}
