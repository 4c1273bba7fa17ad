using System.Text;

namespace Millrace.Delivery.Routes;

/// <summary>Names of query parameters, some of them by their beginnings: <c>id</c>, <c>utm_*</c>. Raw spellings, with case.</summary>
internal sealed class NamePattern
{
    private readonly byte[][] _exact;
    private readonly byte[][] _prefixes;

    public NamePattern(IEnumerable<string> names)
    {
        var all = names.ToLookup(static name => name.EndsWith('*'));
        _exact = [.. all[false].Select(Encoding.Latin1.GetBytes)];
        _prefixes = [.. all[true].Select(static name => Encoding.Latin1.GetBytes(name[..^1]))];
    }

    /// <summary>Whether a text is a name or beginning that a query can hold.</summary>
    public static bool IsOne(string name)
    {
        var literal = name.EndsWith('*') ? name[..^1] : name;
        return name.Length is > 0 and <= 128 && literal.AsSpan().IndexOfAnyExceptInRange('\u0021', '\u007e') < 0 && literal.AsSpan().IndexOfAny("&=*#?") < 0;
    }

    public bool Matches(ReadOnlySpan<byte> name)
    {
        foreach (var exact in _exact)
        {
            if (name.SequenceEqual(exact))
            {
                return true;
            }
        }

        foreach (var prefix in _prefixes)
        {
            if (name.StartsWith(prefix))
            {
                return true;
            }
        }

        return false;
    }
}
