using System.Text;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Requests;

/// <summary>
/// Field lines in their order, duplicates and raw Latin-1 values kept, as one run of bytes in HTTP/1.1's own form (<c>name: value CRLF</c>), so that a
/// head is written by one copy and costs what it weighs. Names compare without case. Known fields have a bit each, so asking for one that is absent is
/// one test. Reused by <see cref="Clear"/>; not thread-safe while it changes.
/// </summary>
internal sealed class HeaderList
{
    private const int Separator = 2;
    private const int LineEnd = 2;

    private byte[] _bytes;
    private Line[] _lines;
    private int _used;
    private int _count;
    private ulong _known;

    public HeaderList()
        : this(8)
    {
    }

    public HeaderList(int capacity) => (_bytes, _lines) = (new byte[capacity * 32], new Line[capacity]);

    private HeaderList(HeaderList other)
    {
        _bytes = other.Wire.ToArray();
        _lines = other._lines.AsSpan(0, other._count).ToArray();
        (_used, _count, _known) = (other._used, other._count, other._known);
    }

    /// <summary>Reads what <see cref="Wire"/> wrote.</summary>
    public static HeaderList Parse(ReadOnlySpan<byte> wire)
    {
        HeaderList list = new(Math.Max(1, wire.Count((byte)'\n')));
        while (wire.IndexOf("\r\n"u8) is >= 0 and var end)
        {
            var colon = wire.IndexOf(": "u8);
            list.Add(wire[..colon], wire[(colon + Separator)..end]);
            wire = wire[(end + LineEnd)..];
        }

        return list;
    }

    public int Count => _count;

    /// <summary>All lines as HTTP/1.1 writes them, without the empty line that ends a head.</summary>
    public ReadOnlySpan<byte> Wire => _bytes.AsSpan(0, _used);

    /// <summary>Bytes that the list keeps: itself and its arrays.</summary>
    public long MemoryBytes => 48 + MemoryCost.OfArray(_bytes.Length) + MemoryCost.OfArray(16L * _lines.Length);

    public FieldLine this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count);
            ref readonly var line = ref _lines[index];
            return new FieldLine(line.Id, Name(in line), Value(in line));
        }
    }

    /// <summary>Empties the list, and keeps its room.</summary>
    public void Clear() => (_used, _count, _known) = (0, 0, 0);

    public void Add(FieldId id, ReadOnlySpan<byte> value) => Add(id, FieldNames.Wire(id), value);

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Add(FieldNames.Of(name), name, value);

    public void Add(FieldLine line) => Add(line.Id, line.Name, line.Value);

    /// <summary>Adds a line of text, which must be Latin-1.</summary>
    public void Add(string name, string value)
    {
        var room = Begin(FieldNames.Of(name), name.Length, value.Length);
        Encoding.Latin1.GetBytes(name, room);
        Encoding.Latin1.GetBytes(value, room[(name.Length + Separator)..]);
    }

    /// <summary>Adds a line whose value is a whole number.</summary>
    public void Add(FieldId id, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(value, digits, out var length);
        Add(id, digits[..length]);
    }

    public bool Contains(FieldId id) => (_known & Bit(id)) != 0;

    public bool Contains(string name) => Find(name, 0) >= 0;

    /// <summary>The first line's value.</summary>
    public bool TryGet(FieldId id, out ReadOnlySpan<byte> value)
    {
        if (Contains(id))
        {
            foreach (ref readonly var line in _lines.AsSpan(0, _count))
            {
                if (line.Id == id)
                {
                    value = Value(in line);
                    return true;
                }
            }
        }

        value = default;
        return false;
    }

    /// <summary>The first line's value, or an empty one: for fields where both mean the same.</summary>
    public ReadOnlySpan<byte> First(FieldId id) => TryGet(id, out var value) ? value : default;

    /// <summary>The first line's value, or null.</summary>
    public string? First(string name) => Find(name, 0) is >= 0 and var i ? this[i].ValueText : null;

    public int CountOf(FieldId id)
    {
        var count = 0;
        if (Contains(id))
        {
            foreach (ref readonly var line in _lines.AsSpan(0, _count))
            {
                count += line.Id == id ? 1 : 0;
            }
        }

        return count;
    }

    public int CountOf(string name)
    {
        var count = 0;
        for (var i = Find(name, 0); i >= 0; i = Find(name, i + 1))
        {
            count++;
        }

        return count;
    }

    /// <summary>All lines of a name as one list value (RFC 9110 §5.3), or null when there is none.</summary>
    public string? Combined(string name)
    {
        string? all = null;
        for (var i = Find(name, 0); i >= 0; i = Find(name, i + 1))
        {
            all = all is null ? this[i].ValueText : $"{all}, {this[i].ValueText}";
        }

        return all;
    }

    /// <summary>The members of a field whose value is a list, over all its lines.</summary>
    public FieldMembers Members(FieldId id) => new(this, id);

    public void Remove(FieldId id)
    {
        if (Contains(id))
        {
            RemoveWhere(id, static (line, doomed) => line.Id == doomed);
        }
    }

    public void Remove(string name)
    {
        var wire = Encoding.Latin1.GetBytes(name);
        RemoveWhere(line => line.IsNamed(wire));
    }

    /// <summary>Removes lines; those that stay close up.</summary>
    public void RemoveWhere(FieldMatch match) => RemoveWhere(match, static (line, choose) => choose(line));

    /// <summary>Removes lines; those that stay close up. All are chosen before any moves, so that choosing may read this list.</summary>
    public void RemoveWhere<T>(T argument, FieldMatch<T> match)
    {
        Span<bool> doomed = _count <= 128 ? stackalloc bool[_count] : new bool[_count];
        var any = false;
        for (var i = 0; i < _count; i++)
        {
            any |= doomed[i] = match(this[i], argument);
        }

        if (any)
        {
            Close(doomed);
        }
    }

    private void Close(ReadOnlySpan<bool> doomed)
    {
        var (kept, used) = (0, 0);
        ulong known = 0;
        for (var i = 0; i < _count; i++)
        {
            if (doomed[i])
            {
                continue;
            }

            var line = _lines[i];
            var length = line.NameLength + Separator + line.ValueLength + LineEnd;
            if (line.Start != used)
            {
                _bytes.AsSpan(line.Start, length).CopyTo(_bytes.AsSpan(used));
                line.Start = used;
            }

            _lines[kept++] = line;
            used += length;
            known |= Bit(line.Id);
        }

        (_count, _used, _known) = (kept, used, known);
    }

    /// <summary>Replaces all lines of a field by one, at the end.</summary>
    public void Set(FieldId id, ReadOnlySpan<byte> value)
    {
        Remove(id);
        Add(id, value);
    }

    /// <summary>Replaces all lines of a name by one, at the end.</summary>
    public void Set(string name, string value)
    {
        Remove(name);
        Add(name, value);
    }

    /// <summary>Takes over another list's lines in place of its own.</summary>
    public void CopyFrom(HeaderList other)
    {
        Clear();
        Reserve(other._used, other._count);
        other.Wire.CopyTo(_bytes);
        other._lines.AsSpan(0, other._count).CopyTo(_lines);
        (_used, _count, _known) = (other._used, other._count, other._known);
    }

    /// <summary>A copy that takes no more room than its lines.</summary>
    public HeaderList Clone() => new(this);

    public Enumerator GetEnumerator() => new(this);

    private static ulong Bit(FieldId id) => id == FieldId.Other ? 0 : 1UL << (int)id;

    private void Add(FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var room = Begin(id, name.Length, value.Length);
        name.CopyTo(room);
        value.CopyTo(room[(name.Length + Separator)..]);
    }

    /// <summary>Enters a line whose name and value the caller then writes; separator and end stand already.</summary>
    private Span<byte> Begin(FieldId id, int nameLength, int valueLength)
    {
        var length = nameLength + Separator + valueLength + LineEnd;
        Reserve(_used + length, _count + 1);
        _lines[_count++] = new Line { Start = _used, NameLength = nameLength, ValueLength = valueLength, Id = id };
        _known |= Bit(id);
        var room = _bytes.AsSpan(_used, length);
        _used += length;
        ": "u8.CopyTo(room[nameLength..]);
        "\r\n"u8.CopyTo(room[^LineEnd..]);
        return room;
    }

    private void Reserve(int bytes, int lines)
    {
        if (bytes > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(bytes, _bytes.Length * 2));
        }

        if (lines > _lines.Length)
        {
            Array.Resize(ref _lines, Math.Max(lines, _lines.Length * 2));
        }
    }

    private int Find(string name, int from)
    {
        var id = FieldNames.Of(name);
        if (id != FieldId.Other && !Contains(id))
        {
            return -1;
        }

        for (var i = from; i < _count; i++)
        {
            ref readonly var line = ref _lines[i];
            if (line.Id == id && (id != FieldId.Other || Ascii.EqualsIgnoreCase(Name(in line), name)))
            {
                return i;
            }
        }

        return -1;
    }

    private ReadOnlySpan<byte> Name(in Line line) => _bytes.AsSpan(line.Start, line.NameLength);

    private ReadOnlySpan<byte> Value(in Line line) => _bytes.AsSpan(line.Start + line.NameLength + Separator, line.ValueLength);

    private struct Line
    {
        public int Start;
        public int NameLength;
        public int ValueLength;
        public FieldId Id;
    }

    /// <summary>Walks the lines in their order.</summary>
    public ref struct Enumerator(HeaderList list)
    {
        private int _at = -1;

        public readonly FieldLine Current => list[_at];

        public bool MoveNext() => ++_at < list._count;
    }
}
