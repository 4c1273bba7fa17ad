using System.Runtime.CompilerServices;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>
/// Collects the rows whose estimated similarity is within a slack of the best <c>take</c>. What it holds depends on what was offered, not on the order.
/// An entry is one number, the estimate above the row: larger is better, and of equal estimates the lower row.
/// </summary>
internal sealed class NearestCollector
{
    private const int Smallest = 1024;

    private ulong[] _entries = new ulong[Smallest];
    private int _count;
    private int _take;
    private float _slack;

    /// <summary>An estimate below it is of no use.</summary>
    internal float Threshold { get; private set; }

    internal int Count => _count;

    internal void Begin(int take, float slack)
    {
        _take = take;
        _slack = slack;
        _count = 0;
        Threshold = float.NegativeInfinity;
        if (_entries.Length < 4 * take) _entries = new ulong[4 * take];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Offer(int row, float estimate)
    {
        if (_count == _entries.Length) MakeRoom();
        _entries[_count++] = ((ulong)Sortable(estimate) << 32) | ~(uint)row;
    }

    /// <summary>Drops what is below the threshold by now; returns the estimate of the last of the best <c>take</c>, −∞ while there are fewer.</summary>
    internal float Settle()
    {
        if (_count < _take) return float.NegativeInfinity;
        Span<ulong> entries = _entries.AsSpan(0, _count);
        Selection.MoveLargest(entries, _take);
        ulong last = ulong.MaxValue;
        foreach (ulong entry in entries[.._take]) last = Math.Min(last, entry);
        float best = Estimate(last);
        Threshold = best - _slack;
        ulong least = (ulong)Sortable(Threshold) << 32;
        int kept = _take;
        for (int i = _take; i < entries.Length; i++)
        {
            if (entries[i] >= least) entries[kept++] = entries[i];
        }

        _count = kept;
        return best;
    }

    /// <summary>Writes the rows it holds, in no order.</summary>
    internal void CopyRows(Span<int> rows)
    {
        for (int i = 0; i < rows.Length; i++) rows[i] = RowOf(_entries[i]);
    }

    /// <summary>Writes the best <c>take</c>, best first; returns how many.</summary>
    internal int Best(Span<Neighbour> into)
    {
        Settle();
        int count = Math.Min(_count, _take);
        Span<ulong> best = _entries.AsSpan(0, count);
        best.Sort();
        for (int i = 0; i < count; i++) into[i] = new Neighbour(RowOf(best[^(i + 1)]), Estimate(best[^(i + 1)]));
        return count;
    }

    private void MakeRoom()
    {
        Settle();
        if (_count > _entries.Length / 2) Array.Resize(ref _entries, _entries.Length * 2);
    }

    private static int RowOf(ulong entry) => (int)~(uint)entry;

    // As an unsigned number that is in the same order as the float.
    private static uint Sortable(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
    }

    private static float Estimate(ulong entry)
    {
        uint bits = (uint)(entry >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x80000000) != 0 ? bits & 0x7FFFFFFF : ~bits);
    }
}
