using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Keys;

/// <summary>
/// The secondary key (RFC 9111 §4.1): the request fields that Vary names, with the values that the origin saw (<see cref="UpstreamRequest"/>).
/// Conditions and ranges do not count: a fetch never carries the client's.
/// </summary>
internal sealed class VaryKey
{
    private readonly Field[] _fields;

    private VaryKey(Field[] fields) => _fields = fields;

    public static VaryKey None { get; } = new([]);

    public IEnumerable<string> Names => _fields.Select(static one => Encoding.Latin1.GetString(one.Name));

    /// <summary>Bytes that the key keeps: names, values, and the arrays that hold them.</summary>
    public int MemoryBytes => _fields.Length == 0 ? 0 : 24 + 32 + _fields.Sum(static one => 24 + 48 + one.Name.Length + (one.Value?.Length ?? 0));

    public static VaryKey Of(HeaderList response, HeaderList sent)
    {
        SortedDictionary<string, Field>? fields = null;
        foreach (var member in response.Members(FieldId.Vary))
        {
            var id = FieldNames.Of(member);
            if (!ConditionFields.Contains(id))
            {
                var name = Encoding.Latin1.GetString(member).ToLowerInvariant();
                (fields ??= new(StringComparer.Ordinal))[name] = new Field(id, Encoding.Latin1.GetBytes(name), ValueOf(sent, name));
            }
        }

        return fields is null ? None : new VaryKey([.. fields.Values]);
    }

    public static VaryKey For(string[] names, HeaderList sent) =>
        new(Array.ConvertAll(names, name => new Field(FieldNames.Of(name), Encoding.Latin1.GetBytes(name), ValueOf(sent, name))));

    /// <summary>Whether a request selects what is stored under this key. Builds nothing unless Vary names what the proxy itself writes.</summary>
    public bool Matches(UpstreamFields request)
    {
        foreach (ref readonly var field in _fields.AsSpan())
        {
            if (!IsSame(request.With(field.Id), in field))
            {
                return false;
            }
        }

        return true;
    }

    public bool Matches(HeaderList sent)
    {
        foreach (ref readonly var field in _fields.AsSpan())
        {
            if (!IsSame(sent, in field))
            {
                return false;
            }
        }

        return true;
    }

    public bool SameAs(VaryKey other)
    {
        if (_fields.Length != other._fields.Length)
        {
            return false;
        }

        for (var i = 0; i < _fields.Length; i++)
        {
            var (mine, theirs) = (_fields[i], other._fields[i]);
            if (!mine.Name.AsSpan().SequenceEqual(theirs.Name) || (mine.Value is null) != (theirs.Value is null) || !mine.Value.AsSpan().SequenceEqual(theirs.Value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The key that one request would have under this Vary, as text, to join requests in flight.</summary>
    public string TextFor(UpstreamFields request)
    {
        var text = new StringBuilder();
        foreach (var field in _fields)
        {
            var name = Encoding.Latin1.GetString(field.Name);
            var value = request.With(field.Id).Combined(name);
            text.Append('\n').Append(name).Append(value is null ? '-' : '=').Append(value);
        }

        return text.ToString();
    }

    /// <summary>§4.1 lets lines be combined; nothing else is known about a field, so its value is compared as it stands.</summary>
    private static byte[]? ValueOf(HeaderList sent, string name) => sent.Combined(name) is { } value ? Encoding.Latin1.GetBytes(value) : null;

    /// <summary>Compares with the combination of all lines without forming it.</summary>
    private static bool IsSame(HeaderList request, in Field field)
    {
        ReadOnlySpan<byte> rest = field.Value;
        var lines = 0;
        foreach (var line in request)
        {
            if (line.Id != field.Id || (field.Id == FieldId.Other && !line.IsNamed(field.Name)))
            {
                continue;
            }

            if (field.Value is null || (lines++ > 0 && !Take(ref rest, ", "u8)) || !Take(ref rest, line.Value))
            {
                return false;
            }
        }

        return field.Value is null ? lines == 0 : lines > 0 && rest.IsEmpty;
    }

    private static bool Take(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> part)
    {
        var same = rest.StartsWith(part);
        rest = same ? rest[part.Length..] : rest;
        return same;
    }

    private readonly record struct Field(FieldId Id, byte[] Name, byte[]? Value);
}
