using System.Text;

namespace Millrace.Delivery.Requests;

/// <summary>Walks a comma-separated list value, with commas inside quoted strings left alone (RFC 9110 §5.6.1).</summary>
internal ref struct FieldList(ReadOnlySpan<byte> text)
{
    private ReadOnlySpan<byte> _rest = text;

    /// <summary>The member found by <see cref="MoveNext"/>, trimmed, never empty.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly FieldList GetEnumerator() => this;

    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            var end = MemberEnd(_rest);
            Current = Syntax.TrimWhiteSpace(_rest[..end]);
            _rest = end < _rest.Length ? _rest[(end + 1)..] : default;
            if (!Current.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a list holds a member, without regard to case.</summary>
    public static bool Contains(ReadOnlySpan<byte> list, ReadOnlySpan<byte> member)
    {
        foreach (var current in new FieldList(list))
        {
            if (Ascii.EqualsIgnoreCase(current, member))
            {
                return true;
            }
        }

        return false;
    }

    private static int MemberEnd(ReadOnlySpan<byte> text)
    {
        // Most lists hold no quoted string, and end at the first comma.
        var stop = text.IndexOfAny((byte)',', (byte)'"');
        if (stop < 0 || text[stop] == ',')
        {
            return stop < 0 ? text.Length : stop;
        }

        var quoted = false;
        for (var i = stop; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                quoted = !quoted;
            }
            else if (quoted && text[i] == '\\')
            {
                i++;
            }
            else if (!quoted && text[i] == ',')
            {
                return i;
            }
        }

        return text.Length;
    }
}
