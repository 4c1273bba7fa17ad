namespace Millrace.Delivery.Requests;

/// <summary>Walks the members of a list field over all its lines, as if they were one (RFC 9110 §5.3), without building that one.</summary>
internal ref struct FieldMembers(HeaderList headers, FieldId id)
{
    private FieldList _line;
    private int _next = headers.Contains(id) ? 0 : headers.Count;

    /// <summary>The member found by <see cref="MoveNext"/>, trimmed, never empty.</summary>
    public readonly ReadOnlySpan<byte> Current => _line.Current;

    public readonly FieldMembers GetEnumerator() => this;

    public bool MoveNext()
    {
        while (!_line.MoveNext())
        {
            while (_next < headers.Count && headers[_next].Id != id)
            {
                _next++;
            }

            if (_next >= headers.Count)
            {
                return false;
            }

            _line = new FieldList(headers[_next++].Value);
        }

        return true;
    }

    /// <summary>Whether a member is there, without regard to case.</summary>
    public bool Contains(ReadOnlySpan<byte> member)
    {
        while (MoveNext())
        {
            if (System.Text.Ascii.EqualsIgnoreCase(Current, member))
            {
                return true;
            }
        }

        return false;
    }
}
