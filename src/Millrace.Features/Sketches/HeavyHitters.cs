using System.Buffers.Binary;
using System.Numerics;
using Millrace.Features.Numerics;

namespace Millrace.Features.Sketches;

/// <summary>
/// The most frequent keys of a stream, in memory of a fixed size. Lists that evict (space saving, count-min with candidates) depend on the order of the stream; this is
/// a sum, so that no order, split or merge leaves a trace, and adding −1 takes back what left a window. Each row sends a key to one cell; a cell counts what falls to
/// it, and once more for each bit of the keys that is set: a key with most of a cell can be read from its bits. Source: Cormode, Muthukrishnan, "What's hot and what's
/// not: tracking most frequent items dynamically", PODS 2003 (combinatorial group testing). Single writer.
/// <para>
/// With N counted in all, w cells a row and d rows: a key that has at least 4·N/w is missed with a probability of at most 4^−d. A count is never below the true one,
/// and above it by 2·N/w or more with a probability of at most 2^−d. Keys that seem to have less than 2·N/w are noise and are not told. Memory: 520·d·w bytes (w = 64,
/// d = 4: 133 KB), hence for a surface or a tenant, not for each item.
/// </para>
/// </summary>
internal sealed class HeavyHitters
{
    internal const int MaxDepth = 8;
    internal const int MinWidth = 8;
    internal const int MaxWidth = 4096;

    private const int KeyBits = 64;
    private const int CellLength = 1 + KeyBits;
    private const int HeadLength = 3;

    // Rows of cells; a cell is its count, then one count for each bit of the key, the lowest first.
    private readonly long[] _counts;

    /// <param name="depth">Rows: 1 to 8.</param>
    /// <param name="width">Cells of a row: a power of two, 8 to 4096.</param>
    internal HeavyHitters(int depth, int width)
    {
        if (!Fits(depth, width)) throw new ArgumentException($"expected 1 to {MaxDepth} rows of a power of two of {MinWidth} to {MaxWidth} cells; got {depth} of {width}");
        (Depth, Width) = (depth, width);
        _counts = new long[depth * width * CellLength];
    }

    private HeavyHitters(HeavyHitters other) => (Depth, Width, Total, _counts) = (other.Depth, other.Width, other.Total, [.. other._counts]);

    internal int Depth { get; }

    internal int Width { get; }

    /// <summary>All that was counted, less what was taken back.</summary>
    internal long Total { get; private set; }

    /// <summary>How many bytes <see cref="Write"/> fills.</summary>
    internal int ByteLength => HeadLength + (_counts.Length * sizeof(long));

    /// <summary>Counts <paramref name="key"/>; a negative <paramref name="count"/> takes back what was counted.</summary>
    internal void Add(ulong key, long count = 1)
    {
        Total += count;
        for (int row = 0; row < Depth; row++)
        {
            Span<long> cell = Cell(row, CellOf(row, key));
            cell[0] += count;
            for (ulong rest = key; rest != 0; rest &= rest - 1) cell[1 + BitOperations.TrailingZeroCount(rest)] += count;
        }
    }

    /// <summary>Counts all that <paramref name="other"/>, of the same size, counted.</summary>
    internal void Merge(HeavyHitters other)
    {
        if ((Depth, Width) != (other.Depth, other.Width))
        {
            throw new ArgumentException($"expected a sketch of {Depth} × {Width}; got {other.Depth} × {other.Width}", nameof(other));
        }

        Total += other.Total;
        for (int i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
    }

    /// <summary>A sketch of the same content that shares nothing with this one.</summary>
    internal HeavyHitters Copy() => new(this);

    /// <summary>
    /// How often <paramref name="key"/> was counted, or more: the least count, over rows and bits, of the keys in its cell that have its value of the bit.
    /// </summary>
    internal long Estimate(ulong key)
    {
        long least = long.MaxValue;
        for (int row = 0; row < Depth; row++)
        {
            ReadOnlySpan<long> cell = Cell(row, CellOf(row, key));
            for (int bit = 0; bit < KeyBits; bit++)
            {
                long set = cell[1 + bit];
                least = Math.Min(least, ((key >> bit) & 1) != 0 ? set : cell[0] - set);
            }
        }

        return least;
    }

    /// <summary>Fills <paramref name="best"/> with the most frequent keys, in order; returns how many there are, at most as many as it holds.</summary>
    internal int Top(Span<HeavyHitter> best)
    {
        int taken = 0;
        for (int row = 0; row < Depth; row++)
        {
            for (int at = 0; at < Width; at++)
            {
                if (Cell(row, at)[0] <= 0) continue;
                ulong key = Majority(Cell(row, at));
                if (CellOf(row, key) == at && Estimate(key) is var count && count > 0 && count >= 2 * Total / Width) taken = Insert(new(key, count), best, taken);
            }
        }

        return taken;
    }

    /// <summary>Writes the content: equal content, equal bytes.</summary>
    internal void Write(Span<byte> bytes)
    {
        bytes[0] = (byte)Depth;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[1..], (ushort)Width);
        bytes = bytes[HeadLength..];
        for (int i = 0; i < _counts.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes[(i * sizeof(long))..], _counts[i]);
    }

    /// <summary>The sketch that <see cref="Write"/> wrote; null for bytes of another length, or whose rows do not count the same.</summary>
    internal static HeavyHitters? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadLength) return null;
        (int depth, int width) = (bytes[0], BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]));
        if (!Fits(depth, width)) return null;
        var sketch = new HeavyHitters(depth, width);
        if (bytes.Length != sketch.ByteLength) return null;
        bytes = bytes[HeadLength..];
        for (int i = 0; i < sketch._counts.Length; i++) sketch._counts[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(long))..]);
        sketch.Total = sketch.RowTotal(0);
        return Enumerable.Range(1, depth - 1).All(row => sketch.RowTotal(row) == sketch.Total) ? sketch : null;
    }

    private static bool Fits(int depth, int width) => depth is >= 1 and <= MaxDepth && width is >= MinWidth and <= MaxWidth && BitOperations.IsPow2(width);

    private static ulong Majority(ReadOnlySpan<long> cell)
    {
        ulong key = 0;
        for (int bit = 0; bit < KeyBits; bit++)
        {
            if (cell[1 + bit] > cell[0] - cell[1 + bit]) key |= 1UL << bit;
        }

        return key;
    }

    /// <summary>Puts <paramref name="found"/> where it belongs; a key that several cells told stays once, since its count is the same each time.</summary>
    private static int Insert(HeavyHitter found, Span<HeavyHitter> best, int taken)
    {
        int at = best[..taken].BinarySearch(found);
        if (at >= 0 || ~at == best.Length) return taken;
        int kept = Math.Min(taken, best.Length - 1);
        best[~at..kept].CopyTo(best[(~at + 1)..]);
        best[~at] = found;
        return kept + 1;
    }

    private int CellOf(int row, ulong key) => (int)(StableHash.Mix(key + ((ulong)(row + 1) * 0x9E3779B97F4A7C15)) & (ulong)(Width - 1));

    private Span<long> Cell(int row, int at) => _counts.AsSpan(((row * Width) + at) * CellLength, CellLength);

    private long RowTotal(int row)
    {
        long total = 0;
        for (int at = 0; at < Width; at++) total += Cell(row, at)[0];
        return total;
    }
}
