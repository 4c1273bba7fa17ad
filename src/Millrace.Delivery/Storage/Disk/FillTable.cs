namespace Millrace.Delivery.Storage.Disk;

/// <summary>What is on its way to disk, each version with a generation of its own. Not safe for concurrent use: <see cref="DiskIndex"/> holds the lock.</summary>
internal sealed class FillTable(int most, ulong firstGeneration)
{
    private readonly HashSet<DiskFill> _fills = [];

    /// <summary>The generation of the newest version that was begun.</summary>
    public ulong Generation { get; private set; } = firstGeneration;

    public bool IsFull => _fills.Count >= most;

    /// <summary>Enters a fill, with a new generation unless it adds to a version that has one.</summary>
    public bool Add(DiskFill fill)
    {
        if (!fill.Extends)
        {
            fill.Generation = ++Generation;
        }

        return _fills.Add(fill);
    }

    public void Remove(DiskFill fill) => _fills.Remove(fill);

    /// <summary>Makes void what is on its way of a key, of one variant or of all, up to a generation; false when there is nothing.</summary>
    public bool Void(UInt128 key, ulong? variant, ulong upTo)
    {
        var any = false;
        foreach (var fill in _fills)
        {
            if (fill.Key == key && (variant is null || fill.Variant == variant) && fill.Generation <= upTo)
            {
                any = fill.IsVoid = true;
            }
        }

        return any;
    }

    public void VoidAll()
    {
        foreach (var fill in _fills)
        {
            fill.IsVoid = true;
        }
    }
}
