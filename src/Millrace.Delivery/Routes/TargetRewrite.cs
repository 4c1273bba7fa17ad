using System.Buffers;
using System.Text;

namespace Millrace.Delivery.Routes;

/// <summary>
/// Makes of a raw target the one that is key: without the route's tag and a signature's parameters, then by <see cref="TargetRules"/>. What remains keeps
/// its bytes. A target that nothing applies to is written as it is, after one look at its query.
/// </summary>
internal sealed class TargetRewrite
{
    private readonly byte[]? _tag;
    private readonly bool _signed;
    private readonly NamePattern? _allowed;
    private readonly NamePattern? _ignored;
    private readonly TargetRules _rules;

    public TargetRewrite(TargetRules rules, string? tagParameter, bool signed)
    {
        (_rules, _signed) = (rules, signed);
        _tag = tagParameter is null ? null : Encoding.Latin1.GetBytes(tagParameter);
        _allowed = rules.AllowedQuery is { } allowed ? new NamePattern(allowed) : null;
        _ignored = rules.IgnoredQuery.IsEmpty ? null : new NamePattern(rules.IgnoredQuery);
    }

    /// <summary>Whether the origin is asked for something else than the key names: what does not count too.</summary>
    public bool SendsMore => _rules.SendIgnored && (_allowed is not null || _ignored is not null);

    /// <summary>Whether a query has parameters that are never part of a key.</summary>
    public bool Drops(ReadOnlySpan<byte> query)
    {
        string? tag = null;
        foreach (var range in query.Split((byte)'&'))
        {
            if (!Counts(query[range], keepIgnored: true, ref tag))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the target that is key; returns the tag's raw value, or null.</summary>
    public string? Write(ReadOnlySpan<byte> target, IBufferWriter<byte> into) => Write(target, into, keepIgnored: false);

    /// <summary>The target to ask the origin for when that is not the key's (<see cref="SendsMore"/>).</summary>
    public ReadOnlySpan<byte> Sent(ReadOnlySpan<byte> target)
    {
        ArrayBufferWriter<byte> sent = new(target.Length);
        Write(target, sent, keepIgnored: true);
        return sent.WrittenSpan;
    }

    private string? Write(ReadOnlySpan<byte> target, IBufferWriter<byte> into, bool keepIgnored)
    {
        var mark = target.IndexOf((byte)'?');
        var path = mark < 0 ? target : target[..mark];
        into.Write(path);
        if (mark < 0)
        {
            return null;
        }

        var query = target[(mark + 1)..];
        return _rules.SortQuery ? WriteSorted(query, into, keepIgnored) : WriteInOrder(query, into, keepIgnored);
    }

    private string? WriteInOrder(ReadOnlySpan<byte> query, IBufferWriter<byte> into, bool keepIgnored)
    {
        string? tag = null;
        var kept = 0;
        foreach (var range in query.Split((byte)'&'))
        {
            var parameter = query[range];
            if (Counts(parameter, keepIgnored, ref tag))
            {
                into.Write(kept++ == 0 ? "?"u8 : "&"u8);
                into.Write(parameter);
            }
        }

        return tag;
    }

    private string? WriteSorted(ReadOnlySpan<byte> query, IBufferWriter<byte> into, bool keepIgnored)
    {
        string? tag = null;
        List<byte[]> parameters = [];
        foreach (var range in query.Split((byte)'&'))
        {
            // An empty parameter says nothing, and where it stood is forgotten with the order.
            if (query[range].Length > 0 && Counts(query[range], keepIgnored, ref tag))
            {
                parameters.Add(query[range].ToArray());
            }
        }

        var kept = 0;
        foreach (var parameter in parameters.OrderBy(static parameter => parameter, ByName.Instance))
        {
            into.Write(kept++ == 0 ? "?"u8 : "&"u8);
            into.Write(parameter);
        }

        return tag;
    }

    private bool Counts(ReadOnlySpan<byte> parameter, bool keepIgnored, ref string? tag)
    {
        var name = NameOf(parameter);
        if (_tag is not null && name.SequenceEqual(_tag))
        {
            tag ??= Encoding.Latin1.GetString(parameter[Math.Min(name.Length + 1, parameter.Length)..]);
            return false;
        }

        return !(_signed && UrlSignature.IsParameter(name)) && (keepIgnored || ((_allowed is null || _allowed.Matches(name)) && _ignored?.Matches(name) != true));
    }

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> parameter) => parameter.IndexOf((byte)'=') is >= 0 and var equals ? parameter[..equals] : parameter;

    private sealed class ByName : IComparer<byte[]>
    {
        public static readonly ByName Instance = new();

        public int Compare(byte[]? x, byte[]? y) => NameOf(x).SequenceCompareTo(NameOf(y));
    }
}
