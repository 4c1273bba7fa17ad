using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Journal;

namespace Millrace.Api.Json;

/// <summary>The state of one reading: where it stands in the document, and every fault found so far. Not thread-safe.</summary>
internal sealed class Reading
{
    private const int ShownChars = 64;

    private readonly List<(string? Name, int Index)> _path = [];
    private readonly List<Fault> _document;
    private List<Fault> _faults;
    private readonly int _maxFaults;
    private int _root;

    /// <param name="now">The moment against which times are judged.</param>
    /// <param name="maxFaults">So many faults are listed; the rest is counted.</param>
    public Reading(UnixMicros now, int maxFaults)
    {
        Now = now;
        _maxFaults = maxFaults;
        _faults = _document = [];
    }

    public UnixMicros Now { get; }

    /// <summary>The faults found, in document order; at most the bound given.</summary>
    public IReadOnlyList<Fault> Faults => _faults;

    /// <summary>Faults beyond the bound, which are not listed.</summary>
    public int Unlisted { get; private set; }

    public void Push(string name) => _path.Add((name, -1));

    public void Push(int index) => _path.Add((null, index));

    public void Pop() => _path.RemoveAt(_path.Count - 1);

    /// <summary>Makes a record its own document: pointers start here, and faults go into a list of its own until <see cref="Leave"/>.</summary>
    public (List<Fault> Faults, int Root) Enter()
    {
        var outer = (_faults, _root);
        _faults = [];
        _root = _path.Count;
        return outer;
    }

    /// <summary>Ends <see cref="Enter"/>.</summary>
    /// <returns>The record's faults.</returns>
    public IReadOnlyList<Fault> Leave((List<Fault> Faults, int Root) outer)
    {
        var own = _faults;
        (_faults, _root) = outer;
        return own;
    }

    /// <summary>Leaves every record and every level at once: what is noted next concerns the whole document.</summary>
    public void Unwind()
    {
        _faults = _document;
        _root = 0;
        _path.Clear();
    }

    /// <summary>Notes a fault where the reading stands.</summary>
    public void Add(string expected, string? got = null, string? nearest = null) => AddAt(Pointer(), expected, got, nearest);

    /// <summary>Notes a fault at a pointer below the place where the reading stands.</summary>
    public void AddBelow(string below, string expected, string? got = null) => AddAt(Pointer() + below, expected, got, null);

    /// <summary>Notes that the value under the reader is of the wrong kind, and skips it.</summary>
    public void Wrong(ref Utf8JsonReader reader, string expected)
    {
        Add(expected, Show(ref reader));
        reader.Skip();
    }

    /// <summary>What the reader stands on, in words, cut short.</summary>
    public static string Show(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => "text " + Quote(Text(ref reader) ?? "with an unpaired surrogate"),
        JsonTokenType.Number => "number " + Cut(Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, ShownChars + 1)])),
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.Null => "null",
        _ => reader.TokenType.ToString().ToLowerInvariant(),
    };

    public static string Quote(string text) => "\"" + Cut(text) + "\"";

    /// <summary>The text under the reader; null when its escapes leave a surrogate unpaired. The document's UTF-8 was checked before.</summary>
    public static string? Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether the text under the reader is this one. The reader's own comparison throws on an unpaired surrogate.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8) => reader.ValueIsEscaped
        ? Text(ref reader) is { } text && Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(utf8)
        : reader.ValueSpan.SequenceEqual(utf8);

    private static string Cut(string text) => text.Length <= ShownChars ? text : string.Concat(text.AsSpan(0, ShownChars), "…");

    private void AddAt(string pointer, string expected, string? got, string? nearest)
    {
        if (_faults.Count < _maxFaults)
        {
            _faults.Add(new(pointer, expected, got, nearest));
        }
        else
        {
            Unlisted++;
        }
    }

    private string Pointer()
    {
        var text = new StringBuilder();
        for (var i = _root; i < _path.Count; i++)
        {
            var (name, index) = _path[i];
            text.Append('/').Append(name is null
                ? index.ToString(CultureInfo.InvariantCulture)
                : Cut(name).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
        }

        return text.ToString();
    }
}
