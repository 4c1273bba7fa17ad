using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Keys;

/// <summary>
/// The secondary key (RFC 9111 §4.1): the request fields that Vary names, with the values that the origin saw (<see cref="UpstreamRequest"/>).
/// Conditions and ranges do not count: a fetch never carries the client's.
/// </summary>
internal sealed class VaryKey
{
    private readonly string[] _names;
    private readonly string?[] _values;

    private VaryKey(string[] names, string?[] values) => (_names, _values) = (names, values);

    public static VaryKey None { get; } = new([], []);

    public IReadOnlyList<string> Names => _names;

    public IReadOnlyList<string?> Values => _values;

    public static VaryKey Of(HeaderList response, HeaderList request)
    {
        SortedSet<string>? names = null;
        foreach (var member in response.Members(FieldId.Vary))
        {
            if (!ConditionFields.Contains(FieldNames.Of(member)))
            {
                var name = Encoding.Latin1.GetString(member).ToLowerInvariant();
                (names ??= new SortedSet<string>(StringComparer.Ordinal)).Add(name);
            }
        }

        return names is null ? None : For([.. names], request);
    }

    public static VaryKey For(string[] names, HeaderList request) => new(names, Array.ConvertAll(names, name => Normal(request, name)));

    public bool Matches(HeaderList request)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if (!string.Equals(_values[i], Normal(request, _names[i]), StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    public bool SameAs(VaryKey other) => _names.AsSpan().SequenceEqual(other._names) && _values.AsSpan().SequenceEqual(other._values);

    /// <summary>The key that one request would have under this Vary, as text, to join requests in flight.</summary>
    public string TextFor(HeaderList request)
    {
        var text = new StringBuilder();
        foreach (var name in _names)
        {
            var value = Normal(request, name);
            text.Append('\n').Append(name).Append(value is null ? '-' : '=').Append(value);
        }

        return text.ToString();
    }

    /// <summary>§4.1 lets lines be combined; nothing else is known about a field, so its value is compared as it stands.</summary>
    private static string? Normal(HeaderList request, string name) => request.Combined(name)?.Trim();
}
