namespace Millrace.Delivery.Storage.Disk;

/// <summary>An object that is held on disk, as the index knew it when it was asked.</summary>
/// <param name="Key">The hash of the object's key (<see cref="DiskTier.KeyOf"/>).</param>
/// <param name="Variant">Which of the key's variants.</param>
/// <param name="Generation">Which of the variant's versions: larger is later, and slices of one are never another's.</param>
/// <param name="BodyLength">The whole body's length in bytes.</param>
/// <param name="SliceBytes">The length of every slice but the last.</param>
/// <param name="SlicesHeld">How many of its slices are held.</param>
/// <param name="IsInline">Whether the body comes with the head.</param>
internal readonly record struct DiskEntry(UInt128 Key, ulong Variant, ulong Generation, long BodyLength, int SliceBytes, int SlicesHeld, bool IsInline)
{
    public int SliceCount => (int)((BodyLength + SliceBytes - 1) / SliceBytes);

    /// <summary>Whether all of the body is held.</summary>
    public bool IsWhole => IsInline || SlicesHeld == SliceCount;

    public int LengthOf(int slice) => (int)Math.Min(SliceBytes, BodyLength - ((long)slice * SliceBytes));
}
