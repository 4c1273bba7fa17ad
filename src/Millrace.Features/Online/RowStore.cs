using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Millrace.Features.Numerics;

namespace Millrace.Features.Online;

/// <summary>
/// The items' numbers, row-major: one item is one row of <paramref name="words"/> integers. Every version of a row is a slot of a slab (<see cref="RowSlabs"/>); a table in small
/// copy-on-write chunks says which slot is the row's. The first edit after a freeze writes a new version, so that a freeze costs O(touched). Slabs of which little is left are
/// emptied, a few rows with each new version: memory stays within two and a half times that of the rows, beside what frozen views hold. One writer; frozen views are read by
/// any thread.
/// </summary>
/// <param name="words">Words of one row, at least 1.</param>
/// <param name="allocate">Makes a slab; null as <see cref="RowSlabs"/> does.</param>
internal sealed class RowStore(int words, RowSlabs.Allocation? allocate = null)
{
    private const int ChunkBits = 8;
    private const int ChunkRows = 1 << ChunkBits;

    private readonly RowSlabs _slabs = new(words, allocate);
    private readonly long[] _zeros = new long[RowSlabs.Stride(words)];
    private Chunk?[] _chunks = [];
    private long _owner = 1;
    private long _chunksOwner = 1;
    private int _rows;

    /// <summary>Words of one row.</summary>
    internal int Words => words;

    /// <summary>How many rows were ever written.</summary>
    internal int Count => _rows;

    /// <summary>For how many versions of rows there is memory.</summary>
    internal int Capacity => _slabs.Capacity;

    /// <summary>The row to write; this version of it is the writer's own, and stays where it is, until the next freeze.</summary>
    internal Span<long> Edit(int row)
    {
        var chunk = Own(row >> ChunkBits);
        var at = row & (ChunkRows - 1);
        ref var place = ref chunk.Places[at];
        ref var own = ref chunk.Owned[at >> 6];
        if ((own & (1UL << at)) != 0)
        {
            return _slabs.Row(place - 1);
        }

        // There may be no memory for it: then the row is not the writer's own, and stays as views see it.
        var slot = _slabs.Append(row, _rows);
        own |= 1UL << at;
        var before = place;
        place = slot + 1;
        var fresh = _slabs.Row(slot);
        if (before == 0)
        {
            fresh.Clear();
            _rows++;
        }
        else
        {
            _slabs.Row(before - 1).CopyTo(fresh);
            _slabs.Leave(before - 1);
            Compact();
        }

        return fresh;
    }

    /// <summary>The row as it stands, until the next edit.</summary>
    internal ReadOnlySpan<long> Read(int row) => Now[row];

    /// <summary>Begins to load where <see cref="Prefetch"/> will look; nothing for a row below 0.</summary>
    internal void PrefetchPlace(int row) => Now.PrefetchPlace(row);

    /// <summary>Begins to load a row to be edited; nothing for one below 0.</summary>
    internal void Prefetch(int row) => Now.Prefetch(row, 0, words);

    /// <summary>All rows as they stand, to read until the next edit.</summary>
    internal Frozen Now => new(_chunks, _slabs.View, _zeros, words);

    /// <summary>What stands here now, for ever.</summary>
    internal Frozen Freeze()
    {
        _owner++;
        _slabs.Share();
        return Now;
    }

    /// <summary>Moves a few rows out of the slab that is being emptied, if there is one.</summary>
    private void Compact()
    {
        if (!_slabs.Empties(_rows))
        {
            return;
        }

        for (var slots = 0; slots < RowSlabs.EmptiedAtOnce && _slabs.NextToMove() is var (row, slot); slots++)
        {
            // Of a row that the writer owns someone may hold the span; it is left for later, since its slab is among the newest.
            if (row < 0 || ChunkOf(row) is not { } chunk || chunk.Places[row & (ChunkRows - 1)] != slot + 1 || IsOwn(row))
            {
                continue;
            }

            var at = row & (ChunkRows - 1);
            chunk = Own(row >> ChunkBits);
            var moved = _slabs.Append(row, _rows);
            chunk.Owned[at >> 6] |= 1UL << at;
            chunk.Places[at] = moved + 1;
            _slabs.Row(slot).CopyTo(_slabs.Row(moved));
            _slabs.Leave(slot);
        }
    }

    private Chunk? ChunkOf(int row) => _chunks[row >> ChunkBits];

    private bool IsOwn(int row) =>
        ChunkOf(row) is { } chunk && chunk.Owner == _owner && (chunk.Owned[(row & (ChunkRows - 1)) >> 6] & (1UL << row)) != 0;

    private Chunk Own(int index)
    {
        if (index < _chunks.Length && _chunks[index] is { } own && own.Owner == _owner)
        {
            return own;
        }

        if (index >= _chunks.Length)
        {
            Array.Resize(ref _chunks, Math.Max(index + 1, _chunks.Length * 2));
            _chunksOwner = _owner;
        }
        else if (_chunksOwner != _owner)
        {
            _chunks = (Chunk?[])_chunks.Clone();
            _chunksOwner = _owner;
        }

        var chunk = new Chunk(_owner);
        if (_chunks[index] is { } before)
        {
            chunk.Places = before.Places;
        }

        return _chunks[index] = chunk;
    }

    /// <summary>Rows as one snapshot sees them; a row that was never written reads as zeros.</summary>
    internal readonly struct Frozen
    {
        // Enough rows ahead to hide the dependent misses of the one behind; where the slots of those still further ahead stand is loaded earlier.
        private const int Ahead = 8;

        private readonly Chunk?[] _chunks;
        private readonly RowSlabs.Frozen _slabs;
        private readonly long[] _zeros;
        private readonly int _words;

        internal Frozen(Chunk?[] chunks, RowSlabs.Frozen slabs, long[] zeros, int words) => (_chunks, _slabs, _zeros, _words) = (chunks, slabs, zeros, words);

        internal ReadOnlySpan<long> this[int row] => Slot(row) is >= 0 and var slot ? _slabs.Row(slot) : _zeros.AsSpan(0, _words);

        /// <summary>Copies the first cells of rows, column by column: cell c of the i-th row to c × <paramref name="stride"/> + i. A row below 0 is zeros.</summary>
        /// <param name="rows">A multiple of eight.</param>
        /// <param name="cells">How many, a multiple of eight; those beyond the row's last mean nothing.</param>
        /// <param name="into">At least <paramref name="cells"/> columns.</param>
        /// <param name="stride">From one column to the next, at least as long as <paramref name="rows"/>.</param>
        internal void Gather(ReadOnlySpan<int> rows, int cells, Span<uint> into, int stride)
        {
            PrefetchPlaces(rows, 0, 2 * Ahead);
            Prefetch(rows, 0, Ahead, cells);
            var columns = MemoryMarshal.Cast<uint, float>(into);
            for (var i = 0; i < rows.Length; i += Transposition.Side)
            {
                PrefetchPlaces(rows, i + (2 * Ahead), Transposition.Side);
                Prefetch(rows, i + Ahead, Transposition.Side, cells);
                ref var a = ref CellsOf(rows[i]);
                ref var b = ref CellsOf(rows[i + 1]);
                ref var c = ref CellsOf(rows[i + 2]);
                ref var d = ref CellsOf(rows[i + 3]);
                ref var e = ref CellsOf(rows[i + 4]);
                ref var f = ref CellsOf(rows[i + 5]);
                ref var g = ref CellsOf(rows[i + 6]);
                ref var h = ref CellsOf(rows[i + 7]);
                for (nuint cell = 0; cell < (nuint)cells; cell += Transposition.Side)
                {
                    Transposition.Write(
                        Vector256.LoadUnsafe(ref a, cell),
                        Vector256.LoadUnsafe(ref b, cell),
                        Vector256.LoadUnsafe(ref c, cell),
                        Vector256.LoadUnsafe(ref d, cell),
                        Vector256.LoadUnsafe(ref e, cell),
                        Vector256.LoadUnsafe(ref f, cell),
                        Vector256.LoadUnsafe(ref g, cell),
                        Vector256.LoadUnsafe(ref h, cell),
                        columns[(((int)cell * stride) + i)..],
                        stride);
                }
            }
        }

        private void PrefetchPlaces(ReadOnlySpan<int> rows, int from, int count)
        {
            for (var i = from; i < Math.Min(from + count, rows.Length); i++)
            {
                PrefetchPlace(rows[i]);
            }
        }

        private void Prefetch(ReadOnlySpan<int> rows, int from, int count, int cells)
        {
            for (var i = from; i < Math.Min(from + count, rows.Length); i++)
            {
                Prefetch(rows[i], 0, cells / (sizeof(long) / sizeof(uint)));
            }
        }

        // A slot is whole lines: there are eight cells wherever there is one.
        private ref float CellsOf(int row) => ref Unsafe.As<long, float>(ref Slot(row) is >= 0 and var slot ? ref _slabs.Start(slot) : ref MemoryMarshal.GetArrayDataReference(_zeros));

        /// <summary>Begins to load <paramref name="count"/> words of a row from <paramref name="first"/> on.</summary>
        internal void Prefetch(int row, int first, int count)
        {
            if (Slot(row) is >= 0 and var slot)
            {
                _slabs.Prefetch(slot, first, count);
            }
        }

        /// <summary>Begins to load where <see cref="Prefetch(int, int, int)"/> will look for the row.</summary>
        internal void PrefetchPlace(int row)
        {
            if ((uint)(row >> ChunkBits) < (uint)(_chunks?.Length ?? 0) && _chunks![row >> ChunkBits] is { } chunk)
            {
                Cache.Prefetch(ref Unsafe.As<int, byte>(ref chunk.Places[row & (ChunkRows - 1)]));
            }
        }

        private int Slot(int row) =>
            (uint)(row >> ChunkBits) < (uint)(_chunks?.Length ?? 0) && _chunks![row >> ChunkBits] is { } chunk ? chunk.Places[row & (ChunkRows - 1)] - 1 : -1;
    }

    internal sealed class Chunk(long owner)
    {
        internal readonly long Owner = owner;

        /// <summary>A bit for each row of which a version was written in this turn.</summary>
        internal Bits Owned;

        /// <summary>By row one more than its slot; 0 where none was written. Within the chunk itself: one load less for each row that is read.</summary>
        internal Slots Places;
    }

    [InlineArray(ChunkRows / 64)]
    internal struct Bits
    {
        private ulong _first;
    }

    [InlineArray(ChunkRows)]
    internal struct Slots
    {
        private int _first;
    }
}
