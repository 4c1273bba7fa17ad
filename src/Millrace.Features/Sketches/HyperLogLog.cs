using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Features.Sketches;

/// <summary>
/// How many distinct hashes were added: for m registers, with a relative standard error of 1.04/√m, of which at most 1.1/m is bias (upwards). A register keeps the highest rank (leading zeros and one) of the hashes that fall to it: adding
/// is a maximum, so that order, repeats and the way of merging leave no trace. The sum of 2^−rank is kept as a whole number, hence exact. Few registers are kept as a
/// sorted list, until that would take the memory of all. Single writer. Sources: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog", AofA 2007; the estimate is Ertl's,
/// "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284.
/// </summary>
internal sealed class HyperLogLog
{
    internal const int MinPrecision = 4;
    internal const int MaxPrecision = 12;

    private const int RankBits = 6;
    private const int RankMask = (1 << RankBits) - 1;

    private const double TwoLn2 = 1.3862943611198906;
    private const int HeadLength = 3;
    private const int EntryLength = 3;

    // Sparse: (index << 6 | rank), ascending. Dense: one byte a register.
    private uint[] _sparse = [];
    private byte[]? _dense;
    private ulong _sum;

    /// <param name="precision">4 to 12: there are 2^precision registers.</param>
    internal HyperLogLog(int precision)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(precision, MinPrecision);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, MaxPrecision);
        Precision = precision;
        _sum = (ulong)Registers << MaxRank;
    }

    private HyperLogLog(HyperLogLog other)
    {
        (Precision, Filled, _sum) = (other.Precision, other.Filled, other._sum);
        _sparse = [.. other._sparse.AsSpan(0, other._dense is null ? Filled : 0)];
        _dense = other._dense is null ? null : [.. other._dense];
    }

    internal int Precision { get; }

    internal int Registers => 1 << Precision;

    /// <summary>How many registers have seen a hash.</summary>
    internal int Filled { get; private set; }

    /// <summary>The rank that a register stops at: with it, the sum of all registers' 2^(MaxRank − rank) is a 63-bit number. One hash in 2^50 would go beyond.</summary>
    internal int MaxRank => 63 - Precision;

    /// <summary>Adds a hash whose bits are as good as random; returns whether anything changed.</summary>
    internal bool Add(ulong hash)
    {
        int rank = Math.Min(BitOperations.LeadingZeroCount(hash << Precision) + 1, MaxRank);
        return Raise((int)(hash >> (64 - Precision)), rank);
    }

    /// <summary>Adds all that was added to <paramref name="other"/>, which is of the same precision.</summary>
    internal void Merge(HyperLogLog other)
    {
        if (other.Precision != Precision) throw new ArgumentException($"expected a sketch of precision {Precision}; got {other.Precision}", nameof(other));
        if (other._dense is null)
        {
            foreach (uint entry in other._sparse.AsSpan(0, other.Filled)) Raise((int)(entry >> RankBits), (int)(entry & RankMask));
            return;
        }

        for (int index = 0; index < Registers; index++)
        {
            if (other._dense[index] > 0) Raise(index, other._dense[index]);
        }
    }

    /// <summary>A sketch of the same content that shares nothing with this one.</summary>
    internal HyperLogLog Copy() => new(this);

    /// <summary>
    /// About how many distinct hashes were added; 0 for none. One formula for few and for many, without the bias that other estimates have where they change from linear
    /// counting to ranks: the empty registers enter as what their ranks below 1 would have been. Additions, multiplications and two divisions: the same bits everywhere.
    /// </summary>
    internal double Estimate()
    {
        if (Filled == 0) return 0;
        int empty = Registers - Filled;
        double ranks = (long)(_sum - ((ulong)empty << MaxRank)) / (double)(1L << MaxRank);
        return Registers * (double)Registers / (TwoLn2 * (ranks + (Registers * Sigma(empty / (double)Registers))));
    }

    /// <summary>How many bytes <see cref="Write"/> fills.</summary>
    internal int ByteLength => HeadLength + (ListIsShorter(Registers, Filled) ? Filled * EntryLength : Registers);

    /// <summary>Writes the content: equal content, equal bytes. Precision, number of filled registers, then these in order, or all ranks when that is shorter.</summary>
    internal void Write(Span<byte> bytes)
    {
        bytes[0] = (byte)Precision;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], (ushort)Filled);
        bytes = bytes[HeadLength..ByteLength];
        if (_dense is null && !ListIsShorter(Registers, Filled)) bytes.Clear();
        int at = 0;
        for (int i = 0; i < (_dense is null ? Filled : Registers); i++)
        {
            uint entry = _dense is null ? _sparse[i] : Entry(i, _dense[i]);
            if (!ListIsShorter(Registers, Filled))
            {
                bytes[(int)(entry >> RankBits)] = (byte)(entry & RankMask);
            }
            else if ((entry & RankMask) > 0)
            {
                BinaryPrimitives.WriteUInt16BigEndian(bytes[at..], (ushort)(entry >> 8));
                bytes[at + 2] = (byte)entry;
                at += EntryLength;
            }
        }
    }

    /// <summary>The sketch that <see cref="Write"/> wrote; null for bytes that it never writes.</summary>
    internal static HyperLogLog? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadLength || bytes[0] is < MinPrecision or > MaxPrecision) return null;
        var sketch = new HyperLogLog(bytes[0]);
        int filled = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        bool list = ListIsShorter(sketch.Registers, filled);
        bytes = bytes[HeadLength..];
        if (filled > sketch.Registers || bytes.Length != (list ? filled * EntryLength : sketch.Registers)) return null;
        int last = -1;
        for (int at = 0; at < bytes.Length; at += list ? EntryLength : 1)
        {
            (int index, int rank) = list ? Split((BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) << 8) | bytes[at + 2]) : (at, bytes[at]);
            if (index <= last || index >= sketch.Registers || rank > sketch.MaxRank || (list && rank == 0)) return null;
            if (rank > 0) sketch.Raise(index, rank);
            last = index;
        }

        return sketch.Filled == filled ? sketch : null;
    }

    /// <summary>The rank of the register at <paramref name="index"/>; 0 when it has seen no hash.</summary>
    internal int Rank(int index)
    {
        if (_dense is not null) return _dense[index];
        int at = Find(index);
        return at < Filled && _sparse[at] >> RankBits == (uint)index ? (int)(_sparse[at] & RankMask) : 0;
    }

    private bool Raise(int index, int rank)
    {
        if (_dense is null) return RaiseSparse(index, rank);
        int old = _dense[index];
        if (rank <= old) return false;
        _dense[index] = (byte)rank;
        Count(old, rank);
        return true;
    }

    private bool RaiseSparse(int index, int rank)
    {
        int at = Find(index);
        if (at < Filled && _sparse[at] >> RankBits == (uint)index)
        {
            int old = (int)(_sparse[at] & RankMask);
            if (rank <= old) return false;
            _sparse[at] = Entry(index, rank);
            Count(old, rank);
            return true;
        }

        // Four bytes an entry against one a register.
        if (Filled >= Registers / 4)
        {
            Spread();
            return Raise(index, rank);
        }

        if (Filled == _sparse.Length) Array.Resize(ref _sparse, Math.Min(Registers / 4, Math.Max(4, 2 * Filled)));
        _sparse.AsSpan(at, Filled - at).CopyTo(_sparse.AsSpan(at + 1));
        _sparse[at] = Entry(index, rank);
        Count(0, rank);
        return true;
    }

    private void Count(int old, int rank)
    {
        if (old == 0) Filled++;
        _sum = _sum - (1UL << (MaxRank - old)) + (1UL << (MaxRank - rank));
    }

    private void Spread()
    {
        _dense = new byte[Registers];
        foreach (uint entry in _sparse.AsSpan(0, Filled)) _dense[entry >> RankBits] = (byte)(entry & RankMask);
        _sparse = [];
    }

    private static bool ListIsShorter(int registers, int filled) => filled * EntryLength < registers;

    /// <summary>Where <paramref name="index"/> stands in the sparse list, or would stand.</summary>
    private int Find(int index)
    {
        // No entry has rank 0: the search ends between two entries.
        return ~_sparse.AsSpan(0, Filled).BinarySearch(Entry(index, 0));
    }

    private static (int Index, int Rank) Split(int entry) => (entry >> RankBits, entry & RankMask);

    private static uint Entry(int index, int rank) => ((uint)index << RankBits) | (uint)rank;

    /// <summary>x + Σ x^(2^k)·2^(k−1) over k ≥ 1, until a term changes nothing; <paramref name="x"/> is below 1.</summary>
    private static double Sigma(double x)
    {
        double sum = x;
        double before;
        double weight = 1;
        do
        {
            x *= x;
            before = sum;
            sum += x * weight;
            weight += weight;
        }
        while (sum != before);
        return sum;
    }
}
