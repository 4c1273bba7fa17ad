using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Features.Online;

/// <summary>
/// Memory for versions of rows: slots in arrays that the collector does not look into. From 1 MiB on it does not move them either, each slot is at the start of a line, and
/// they stand in huge pages where the system has them. Slots are given in order; a slab whose last row has left is dropped, and goes when no frozen view holds it. Slabs of
/// few rows are small. Single writer.
/// </summary>
/// <param name="words">Words of one row.</param>
/// <param name="allocate">Makes a slab; null for one of uninitialised memory.</param>
internal sealed class RowSlabs(int words, RowSlabs.Allocation? allocate = null)
{
    /// <summary>So many slots are looked at for one that is written: emptying wins the race.</summary>
    internal const int EmptiedAtOnce = 4;

    private const int LineWords = 8;
    private const int SlabBytes = 8 << 20;
    private const int LeastSlots = 16;
    private const int SlabsOfAll = 4;

    // Of a slab that is emptied so many 1024ths may be left: then each slot that is moved frees more than one.
    private const int MostLeft = 640;

    // A smaller array the collector may move: nobody gains from its lines.
    private const int LeastPinned = 1 << 17;

    private readonly Allocation _allocate = allocate ?? (static (slots, stride) => new Slab(slots, stride));
    private readonly int _stride = Stride(words);
    private readonly int _bits = Math.Max(0, BitOperations.Log2((uint)Math.Max(1, SlabBytes / sizeof(long) / Stride(words))));
    private Slab[] _slabs = [];
    private bool _shared;
    private long _turn = 1;
    private int _current = -1;

    // The slab that is being emptied, −1 for none, and the slot that is looked at next.
    private int _leaving = -1;
    private int _next;

    /// <summary>How many slots there are, given or not.</summary>
    internal int Capacity { get; private set; }

    /// <summary>All slabs as they stand.</summary>
    internal Frozen View => new(_slabs, _bits, _stride, words);

    /// <summary>Says that a view is to stay as it is.</summary>
    internal void Share()
    {
        _shared = true;
        _turn++;
    }

    /// <summary>The words of a slot.</summary>
    internal Span<long> Row(int slot) => MemoryMarshal.CreateSpan(ref View.Start(slot), words);

    /// <summary>Gives the next slot to a row; what stands there is undefined.</summary>
    /// <param name="row">The row.</param>
    /// <param name="rows">How many rows there are: slabs are a fraction of what they need.</param>
    internal int Append(int row, int rows)
    {
        if (_current < 0 || _slabs[_current].Use is { IsFull: true })
        {
            AddSlab(Math.Clamp(rows / SlabsOfAll, Math.Min(LeastSlots, 1 << _bits), 1 << _bits));
        }

        var use = _slabs[_current].Use!;
        use.Rows[use.Given] = row;
        use.Left++;
        return (_current << _bits) | use.Given++;
    }

    /// <summary>Takes note that a slot is no row's any more.</summary>
    internal void Leave(int slot)
    {
        var index = slot >> _bits;
        var use = _slabs[index].Use!;
        use.Rows[slot & ((1 << _bits) - 1)] = -1;
        if (--use.Left == 0 && index != _current)
        {
            Drop(index);
        }
    }

    /// <summary>
    /// Whether a slab is being emptied: the one with the fewest rows left, once there are twice as many slots as <paramref name="rows"/>. One that was gone through since the
    /// last freeze keeps only rows that cannot be moved before the next.
    /// </summary>
    internal bool Empties(int rows)
    {
        if (_leaving >= 0)
        {
            return true;
        }

        if (Capacity - _slabs[_current].Use!.Free <= (2 * rows) + LeastSlots)
        {
            return false;
        }

        for (var index = 0; index < _slabs.Length; index++)
        {
            if (index != _current && _slabs[index].Use is { IsFull: true } use && use.Emptied != _turn && use.Share <= (_leaving < 0 ? MostLeft : _slabs[_leaving].Use!.Share - 1))
            {
                _leaving = index;
            }
        }

        _next = 0;
        return _leaving >= 0;
    }

    /// <summary>The next slot of the slab that is being emptied, and the row that stands there, −1 for none; null when it has been gone through.</summary>
    internal (int Row, int Slot)? NextToMove()
    {
        if (_leaving < 0)
        {
            return null;
        }

        var use = _slabs[_leaving].Use!;
        if (_next == use.Given)
        {
            use.Emptied = _turn;
            _leaving = -1;
            return null;
        }

        var slot = _next++;
        return (use.Rows[slot], (_leaving << _bits) | slot);
    }

    /// <summary>Words of a slot: whole lines.</summary>
    internal static int Stride(int words) => (words + LineWords - 1) & ~(LineWords - 1);

    private void AddSlab(int slots)
    {
        // All that may find no memory comes first: where it fails, everything is as it was.
        var slab = _allocate(slots, _stride);
        var index = Array.FindIndex(_slabs, static slab => slab.Use is null);
        if (index < 0)
        {
            index = _slabs.Length;
            Array.Resize(ref _slabs, Math.Max(4, 2 * _slabs.Length));
            _shared = false;
        }

        Own();
        if (_current >= 0 && _slabs[_current].Use!.Left == 0)
        {
            Drop(_current);
        }

        _slabs[index] = slab;
        _current = index;
        Capacity += slots;
    }

    private void Drop(int index)
    {
        Own();
        Capacity -= _slabs[index].Use!.Rows.Length;
        _slabs[index] = default;
        _leaving = _leaving == index ? -1 : _leaving;
    }

    private void Own()
    {
        if (_shared)
        {
            _slabs = (Slab[])_slabs.Clone();
            _shared = false;
        }
    }

    /// <summary>The slabs of one view.</summary>
    internal readonly struct Frozen(Slab[] slabs, int bits, int stride, int words)
    {
        internal ReadOnlySpan<long> Row(int slot) => MemoryMarshal.CreateReadOnlySpan(ref Start(slot), words);

        /// <summary>Begins to load some words of a slot.</summary>
        internal void Prefetch(int slot, int first, int count)
        {
            ref var start = ref Start(slot);
            for (var word = first & ~(LineWords - 1); word < first + count; word += LineWords)
            {
                Cache.Prefetch(ref Unsafe.As<long, byte>(ref Unsafe.Add(ref start, word)));
            }
        }

        // A slot of a table stands in the slabs that were frozen with it: the length of the array, which stands on a line of its own, need not be asked for.
        internal ref long Start(int slot)
        {
            ref readonly var slab = ref slabs[slot >> bits];
            var start = slab.First + ((slot & ((1 << bits) - 1)) * stride);
            Debug.Assert(slab.Words is not null && start + stride <= slab.Words.Length, "the slot stands in the slab");
            return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(slab.Words), start);
        }
    }

    /// <summary>Makes a slab of so many slots of so many words.</summary>
    internal delegate Slab Allocation(int slots, int stride);

    /// <summary>One array of slots.</summary>
    internal readonly struct Slab
    {
        internal Slab(int slots, int stride)
        {
            Words = GC.AllocateUninitializedArray<long>((slots * stride) + LineWords - 1, pinned: slots * stride >= LeastPinned);
            First = FirstAligned(Words);
            Use = new Usage(slots);
            HugePages.Advise(Words);
        }

        internal long[] Words { get; }

        /// <summary>The first word that starts a line, of an array that is not moved.</summary>
        internal int First { get; }

        /// <summary>The writer's own.</summary>
        internal Usage? Use { get; }

        private static unsafe int FirstAligned(long[] words)
        {
            var past = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(words)) / sizeof(long) % LineWords;
            return past == 0 ? 0 : LineWords - (int)past;
        }
    }

    /// <summary>Which rows stand in a slab.</summary>
    internal sealed class Usage(int slots)
    {
        /// <summary>By slot; −1 where the row has left.</summary>
        internal readonly int[] Rows = new int[slots];

        /// <summary>So many slots were given.</summary>
        internal int Given;

        /// <summary>So many of them are some row's.</summary>
        internal int Left;

        /// <summary>The turn in which it was last gone through to be emptied; 0 for none.</summary>
        internal long Emptied;

        internal bool IsFull => Given == Rows.Length;

        internal int Free => Rows.Length - Given;

        /// <summary>The part of it that is some row's, in 1024ths.</summary>
        internal int Share => (int)(1024L * Left / Rows.Length);
    }
}
