namespace Millrace.Delivery.Storage.Disk;

/// <summary>Removals that hold in the index and are still to be written, one a key or variant: bounded by becoming one that removes everything. Not safe for concurrent use.</summary>
internal sealed class DiskRemovals(int most)
{
    private readonly Dictionary<(UInt128 Key, ulong? Variant), ulong> _upTo = [];
    private ulong _all;

    public bool IsEmpty => _upTo.Count == 0 && _all == 0;

    /// <returns>False when there is no room, so that everything must go.</returns>
    public bool TryAdd(UInt128 key, ulong? variant, ulong upTo)
    {
        if (_upTo.Count >= most && !_upTo.ContainsKey((key, variant)))
        {
            return false;
        }

        _upTo[(key, variant)] = upTo;
        return true;
    }

    public void AddAll(ulong upTo)
    {
        _upTo.Clear();
        _all = upTo;
    }

    /// <summary>What is to be written.</summary>
    public IEnumerable<DiskRecord> Records()
    {
        if (_all != 0)
        {
            yield return new DiskRecord(RecordKind.Clearing, 0, 0, _all);
        }

        foreach (var ((key, variant), upTo) in _upTo)
        {
            yield return new DiskRecord(variant is null ? RecordKind.Removal : RecordKind.VariantRemoval, key, variant ?? 0, upTo);
        }
    }

    public void Clear()
    {
        _upTo.Clear();
        _all = 0;
    }
}
