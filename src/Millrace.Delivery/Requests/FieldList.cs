namespace Millrace.Delivery.Requests;

/// <summary>Walks a comma-separated list value, with commas inside quoted strings left alone (RFC 9110 §5.6.1).</summary>
internal ref struct FieldList(ReadOnlySpan<char> text)
{
    private ReadOnlySpan<char> _rest = text;

    /// <summary>The member found by <see cref="MoveNext"/>, trimmed, never empty.</summary>
    public ReadOnlySpan<char> Current { get; private set; }

    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            var end = MemberEnd(_rest);
            Current = _rest[..end].Trim(" \t");
            _rest = end < _rest.Length ? _rest[(end + 1)..] : default;
            if (!Current.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a list holds a member, without regard to case.</summary>
    public static bool Contains(string? list, ReadOnlySpan<char> member)
    {
        var members = new FieldList(list);
        while (members.MoveNext())
        {
            if (members.Current.Equals(member, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static int MemberEnd(ReadOnlySpan<char> text)
    {
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
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
