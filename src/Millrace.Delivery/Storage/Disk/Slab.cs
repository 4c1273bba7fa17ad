namespace Millrace.Delivery.Storage.Disk;

/// <summary>Slots of a struct, numbered from 1, in pages that never move and stay below the large object heap.</summary>
internal sealed class Slab<T>
    where T : struct
{
    private const int PageShift = 10;
    private const int PageSlots = 1 << PageShift;

    private readonly List<T[]> _pages = [];
    private readonly Stack<int> _free = new();
    private int _used = 1;

    public int Count => _used - 1 - _free.Count;

    /// <summary>The largest number ever given out.</summary>
    public int Highest => _used - 1;

    public ref T this[int slot] => ref _pages[slot >> PageShift][slot & (PageSlots - 1)];

    public int Take()
    {
        if (_free.TryPop(out var slot))
        {
            return slot;
        }

        if (_used >> PageShift == _pages.Count)
        {
            _pages.Add(new T[PageSlots]);
        }

        return _used++;
    }

    public void Return(int slot)
    {
        this[slot] = default;
        _free.Push(slot);
    }
}
