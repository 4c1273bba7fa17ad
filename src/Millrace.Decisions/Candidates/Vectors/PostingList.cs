using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>The rows of one list with their codes, in chunks. One thread appends and strikes; others read up to <see cref="Count"/>, which is published last.</summary>
internal sealed class PostingList(int stride)
{
    internal const int None = -1;

    private PostingChunk[] _chunks = [];
    private int _count;

    /// <summary>Entries, struck ones included.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Entries that were struck.</summary>
    internal int Struck { get; private set; }

    /// <summary>Entries that were not.</summary>
    internal int Live => Count - Struck;

    /// <summary>Of at least the entries below a <see cref="Count"/> that was read before.</summary>
    internal ReadOnlySpan<PostingChunk> Chunks => Volatile.Read(ref _chunks);

    internal long Bytes => (long)Volatile.Read(ref _chunks).Length * PostingChunk.BytesOf(stride);

    /// <summary>Adds a row; returns its entry.</summary>
    internal int Append(int row, ReadOnlySpan<float> unit)
    {
        PostingChunk chunk = ChunkOf(_count, out int within);
        chunk.Scales[within] = CodeBlock.Write(chunk.Block(within / CodeBlock.Rows, stride), within % CodeBlock.Rows, unit);
        return Publish(chunk, within, row);
    }

    /// <summary>Adds a row of another list; returns its entry.</summary>
    internal int Append(PostingList from, int entry)
    {
        PostingChunk source = from._chunks[entry / PostingChunk.Rows];
        int at = entry % PostingChunk.Rows;
        PostingChunk chunk = ChunkOf(_count, out int within);
        chunk.Scales[within] = source.Scales[at];
        CodeBlock.Copy(
            source.Block(at / CodeBlock.Rows, stride), at % CodeBlock.Rows, chunk.Block(within / CodeBlock.Rows, stride), within % CodeBlock.Rows);
        return Publish(chunk, within, source.Of[at]);
    }

    /// <summary>The row of an entry; <see cref="None"/> when it was struck.</summary>
    internal int Row(int entry) => _chunks[entry / PostingChunk.Rows].Of[entry % PostingChunk.Rows];

    internal void Strike(int entry)
    {
        Volatile.Write(ref _chunks[entry / PostingChunk.Rows].Of[entry % PostingChunk.Rows], None);
        Struck++;
    }

    private PostingChunk ChunkOf(int entry, out int within)
    {
        within = entry % PostingChunk.Rows;
        if (within == 0) Volatile.Write(ref _chunks, [.. _chunks, new PostingChunk(stride)]);
        return _chunks[^1];
    }

    private int Publish(PostingChunk chunk, int within, int row)
    {
        chunk.Of[within] = row;
        int entry = _count;
        Volatile.Write(ref _count, entry + 1);
        return entry;
    }
}

/// <summary>Codes, scales and rows of <see cref="Rows"/> entries.</summary>
internal sealed class PostingChunk
{
    internal const int Rows = 128;
    private const int Line = 64;
    private const int Overhead = 160;

    private readonly byte[] _codes;
    private readonly int _start;

    internal PostingChunk(int stride)
    {
        // Pinned, so that blocks begin on a line of the cache and stay there: a load that crosses lines costs two.
        _codes = GC.AllocateUninitializedArray<byte>((Rows * stride) + Line, pinned: true);
        _codes.AsSpan().Fill(CodeBlock.Zero);
        nuint address;
        unsafe { address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_codes)); }
        _start = (int)((Line - (address % Line)) % Line);
    }

    internal float[] Scales { get; } = new float[Rows];

    /// <summary>The row of each entry.</summary>
    internal int[] Of { get; } = new int[Rows];

    internal static long BytesOf(int stride) => (Rows * (stride + sizeof(float) + sizeof(int))) + Line + Overhead;

    internal ref byte Codes => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_codes), _start);

    internal Span<byte> Block(int block, int stride) => _codes.AsSpan(_start + (block * CodeBlock.Rows * stride), CodeBlock.Rows * stride);
}
