namespace Millrace.Models.Trees;

/// <summary>Working memory of a <see cref="ForestScorer"/>; it grows with the largest model and is then reused. One thread at a time.</summary>
public sealed class ForestScratch
{
    // A cache line: no vector of a block straddles two.
    private const int Alignment = 64;
    private byte[] _bytes = [];

    /// <summary>So many bytes, aligned.</summary>
    internal unsafe Span<byte> Bytes(int length)
    {
        if (_bytes.Length < length + Alignment) _bytes = GC.AllocateUninitializedArray<byte>(length + Alignment, pinned: true);
        nint start = (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _bytes[0]);
        return _bytes.AsSpan((int)(-start & (Alignment - 1)), length);
    }
}
