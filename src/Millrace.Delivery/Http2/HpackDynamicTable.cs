using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http2;

/// <summary>
/// The dynamic table (RFC 7541 §2.3.2): a queue of fields whose sizes are bounded together. The bytes of all stand in one array, oldest first, and are
/// moved to its front when they reach its end; it is twice as large as they may be, so each byte is moved about once.
/// </summary>
internal sealed class HpackDynamicTable
{
    /// <summary>What an entry counts beside its bytes (RFC 7541 §4.1).</summary>
    public const int Overhead = 32;

    /// <summary>Until a peer is told otherwise (RFC 9113 §6.5.2), and we tell nobody.</summary>
    public const int MaxSize = 4096;

    private Entry[] _ring = new Entry[16];
    private byte[] _bytes = [];
    private int _oldest;
    private int _start;
    private int _end;
    private int _limit = MaxSize;
    private int _size;

    public int Count { get; private set; }

    /// <summary>The field's name; place zero is the newest.</summary>
    public ReadOnlySpan<byte> Name(int place) => At(place) is var entry ? _bytes.AsSpan(entry.Start, entry.NameLength) : default;

    public ReadOnlySpan<byte> Value(int place) => At(place) is var entry ? _bytes.AsSpan(entry.Start + entry.NameLength, entry.ValueLength) : default;

    public FieldId Id(int place) => At(place).Id;

    /// <summary>Changes how much it may hold (RFC 7541 §4.3).</summary>
    public void Resize(int limit)
    {
        _limit = limit;
        EvictTo(limit);
    }

    /// <summary>Adds a field, which may not lie in this table; one that is too large leaves it empty (RFC 7541 §4.4).</summary>
    public void Add(FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var size = name.Length + value.Length + Overhead;
        EvictTo(_limit - size);
        if (size > _limit)
        {
            return;
        }

        if (Count == _ring.Length)
        {
            Grow();
        }

        var start = Reserve(name.Length + value.Length);
        name.CopyTo(_bytes.AsSpan(start));
        value.CopyTo(_bytes.AsSpan(start + name.Length));
        _ring[(_oldest + Count++) % _ring.Length] = new Entry(start, name.Length, value.Length, id);
        _size += size;
    }

    private Entry At(int place) => _ring[(_oldest + Count - 1 - place) % _ring.Length];

    private void EvictTo(int size)
    {
        while (_size > size && Count > 0)
        {
            var entry = _ring[_oldest];
            var length = entry.NameLength + entry.ValueLength;
            _size -= length + Overhead;
            _start += length;
            _oldest = (_oldest + 1) % _ring.Length;
            Count--;
        }
    }

    /// <summary>Makes room behind the newest field's bytes; returns where.</summary>
    private int Reserve(int length)
    {
        if (_end + length > _bytes.Length)
        {
            var kept = _end - _start;
            var into = kept + length > _bytes.Length / 2 && _bytes.Length < 2 * MaxSize ? new byte[Math.Min(2 * MaxSize, Math.Max(1024, 4 * (kept + length)))] : _bytes;
            _bytes.AsSpan(_start, kept).CopyTo(into);
            for (var i = 0; i < Count; i++)
            {
                ref var entry = ref _ring[(_oldest + i) % _ring.Length];
                entry = entry with { Start = entry.Start - _start };
            }

            (_bytes, _start, _end) = (into, 0, kept);
        }

        var at = _end;
        _end += length;
        return at;
    }

    private void Grow()
    {
        var larger = new Entry[_ring.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = _ring[(_oldest + i) % _ring.Length];
        }

        (_ring, _oldest) = (larger, 0);
    }

    private readonly record struct Entry(int Start, int NameLength, int ValueLength, FieldId Id);
}
