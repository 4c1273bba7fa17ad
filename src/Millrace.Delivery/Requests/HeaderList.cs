using System.Collections;

namespace Millrace.Delivery.Requests;

/// <summary>One field line as it came.</summary>
internal readonly record struct Header(string Name, string Value);

/// <summary>Field lines in their order, duplicates and raw Latin-1 values kept; names compare without case.</summary>
internal sealed class HeaderList : IEnumerable<Header>
{
    private readonly List<Header> _lines;

    public HeaderList() => _lines = [];

    public HeaderList(int capacity) => _lines = new(capacity);

    private HeaderList(List<Header> lines) => _lines = lines;

    public int Count => _lines.Count;

    public Header this[int index] => _lines[index];

    public void Add(string name, string value) => _lines.Add(new Header(name, value));

    public bool Contains(string name) => IndexOf(name) >= 0;

    /// <summary>The first line's value, or null.</summary>
    public string? First(string name) => IndexOf(name) is >= 0 and var i ? _lines[i].Value : null;

    public int CountOf(string name)
    {
        var count = 0;
        foreach (var line in _lines)
        {
            count += Is(line, name) ? 1 : 0;
        }

        return count;
    }

    /// <summary>All lines of a name as one list value (RFC 9110 §5.3), or null when there is none.</summary>
    public string? Combined(string name)
    {
        string? all = null;
        foreach (var line in _lines)
        {
            if (Is(line, name))
            {
                all = all is null ? line.Value : $"{all}, {line.Value}";
            }
        }

        return all;
    }

    public void Remove(string name) => _lines.RemoveAll(line => Is(line, name));

    public void RemoveWhere(Predicate<Header> match) => _lines.RemoveAll(match);

    /// <summary>Replaces all lines of a name by one, at the end.</summary>
    public void Set(string name, string value)
    {
        Remove(name);
        Add(name, value);
    }

    public HeaderList Clone() => new([.. _lines]);

    public List<Header>.Enumerator GetEnumerator() => _lines.GetEnumerator();

    IEnumerator<Header> IEnumerable<Header>.GetEnumerator() => _lines.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _lines.GetEnumerator();

    private int IndexOf(string name)
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            if (Is(_lines[i], name))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool Is(Header line, string name) => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
