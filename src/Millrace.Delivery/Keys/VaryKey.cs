using System.Buffers;
using System.IO.Hashing;
using System.Text;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Keys;

/// <summary>
/// The secondary key (RFC 9111 §4.1): the request fields that Vary names, with the values that the origin saw (<see cref="UpstreamRequest"/>).
/// Conditions and ranges do not count: a fetch never carries the client's. Values are compared as they came first, then in their normal forms
/// (<see cref="SelectingField"/>), by which lines and members that differ in nothing but their writing share one variant.
/// </summary>
internal sealed class VaryKey
{
    /// <summary>Normal forms of this length are made on the stack.</summary>
    private const int OnStack = 256;

    private readonly Field[] _fields;

    private VaryKey(Field[] fields) => _fields = fields;

    public static VaryKey None { get; } = new([]);

    public IEnumerable<string> Names => _fields.Select(static one => Encoding.Latin1.GetString(one.Name));

    /// <summary>The fields that Vary names, each with the value that selects; null where it is absent.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Values =>
        _fields.Select(static one => KeyValuePair.Create(Encoding.Latin1.GetString(one.Name), one.Value is null ? null : Encoding.Latin1.GetString(one.Value)));

    /// <summary>Bytes that the key keeps: names, values, and the arrays that hold them.</summary>
    public long MemoryBytes => _fields.Length == 0 ? 0 : 24 + MemoryCost.OfArray(32L * _fields.Length) + _fields.Sum(static one => Cost(one.Name) + Cost(one.Value) + Cost(one.Normal));

    public static VaryKey Of(HeaderList response, HeaderList sent)
    {
        SortedDictionary<string, Field>? fields = null;
        foreach (var member in response.Members(FieldId.Vary))
        {
            var id = FieldNames.Of(member);
            if (!ConditionFields.Contains(id))
            {
                var name = Encoding.Latin1.GetString(member).ToLowerInvariant();
                (fields ??= new(StringComparer.Ordinal))[name] = FieldOf(id, name, sent);
            }
        }

        return fields is null ? None : new VaryKey([.. fields.Values]);
    }

    public static VaryKey For(string[] names, HeaderList sent) =>
        new(Array.ConvertAll(names, name => FieldOf(FieldNames.Of(name), name, sent)));

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
            if (!mine.Name.AsSpan().SequenceEqual(theirs.Name) || (mine.Normal is null) != (theirs.Normal is null) || !mine.Normal.AsSpan().SequenceEqual(theirs.Normal))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Tells the variants of one object apart, the same in every process.</summary>
    public ulong Hash => XxHash3.HashToUInt64(Lines(static one => one.Normal).Wire);

    /// <summary>The fields by which this variant was selected, as they came; those that the request lacked are not there.</summary>
    public HeaderList Selecting() => Lines(static one => one.Value);

    private HeaderList Lines(Func<Field, byte[]?> valueOf)
    {
        HeaderList lines = new(_fields.Length + 1);
        foreach (var one in _fields)
        {
            if (valueOf(one) is { } value)
            {
                lines.Add(one.Name, value);
            }
        }

        return lines;
    }

    /// <summary>The key that one request would have under this Vary, as text, to join requests in flight.</summary>
    public string TextFor(UpstreamFields request)
    {
        var text = new StringBuilder();
        foreach (var field in _fields)
        {
            var name = Encoding.Latin1.GetString(field.Name);
            var value = NormalOf(request.With(field.Id), field.Id, field.Name);
            text.Append('\n').Append(name).Append(value is null ? '-' : '=').Append(value is null ? "" : Encoding.Latin1.GetString(value));
        }

        return text.ToString();
    }

    private static Field FieldOf(FieldId id, string name, HeaderList sent)
    {
        var wire = Encoding.Latin1.GetBytes(name);
        return new Field(id, wire, sent.Combined(name) is { } value ? Encoding.Latin1.GetBytes(value) : null, NormalOf(sent, id, wire));
    }

    private static byte[]? NormalOf(HeaderList sent, FieldId id, ReadOnlySpan<byte> name)
    {
        var room = new byte[SelectingField.RoomFor(sent, id, name)];
        return SelectingField.Write(sent, id, name, room) is >= 0 and var length ? room[..length] : null;
    }

    private static long Cost(byte[]? bytes) => bytes is null ? 0 : MemoryCost.OfArray(bytes.Length);

    private static bool IsSame(HeaderList request, in Field field) => IsSameAsItCame(request, in field) || (field.Value is not null && IsSameInNormalForm(request, in field));

    private static bool IsSameInNormalForm(HeaderList request, in Field field)
    {
        var room = SelectingField.RoomFor(request, field.Id, field.Name);
        var rented = room > OnStack ? ArrayPool<byte>.Shared.Rent(room) : null;
        var into = rented ?? stackalloc byte[OnStack];
        var length = SelectingField.Write(request, field.Id, field.Name, into);
        var same = length >= 0 && into[..length].SequenceEqual(field.Normal);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return same;
    }

    /// <summary>Compares with the combination of all lines without forming it.</summary>
    private static bool IsSameAsItCame(HeaderList request, in Field field)
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

    /// <summary>A field with its value as it came, to compare fast, and in normal form; both null when the request lacked it.</summary>
    private readonly record struct Field(FieldId Id, byte[] Name, byte[]? Value, byte[]? Normal);
}
