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
    private readonly byte[] _bytes;
    private TaskCompletionSource? _changed;
    private Exception? _fault;
    private int _arrived;

    /// <summary>A slice of which nothing has come yet.</summary>
    public Slice(SliceMap map, int index, ulong hash, MemoryAccount account)
        : base(hash ^ (((ulong)index + 1) * 0x9e37_79b9_7f4a_7c15), new Residence(account))
    {
        (Map, Index, _bytes) = (map, index, GC.AllocateUninitializedArray<byte>(map.LengthOf(index)));
        Residence.Bytes = Size = FixedBytes + _bytes.Length;
    }

    public SliceMap Map { get; }

    public int Index { get; }

    public bool IsWhole => Volatile.Read(ref _arrived) == _bytes.Length;

    /// <summary>All of a slice that is whole.</summary>
    public ReadOnlyMemory<byte> Bytes => IsWhole ? _bytes : throw new InvalidOperationException("The slice is arriving.");

    /// <summary>Memory for what has not come yet. Only the writer calls.</summary>
    public Memory<byte> Space => _bytes.AsMemory(_arrived);

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
                    return _bytes.AsMemory(from..Math.Min(end, _arrived));
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
