namespace Millrace.Delivery.Freshness;

/// <summary>The type of a dictionary member's value (RFC 9651 §3.2), as far as cache directives care.</summary>
internal enum StructuredKind
{
    /// <summary>A key alone, or <c>?1</c>.</summary>
    True,

    /// <summary><c>?0</c>.</summary>
    False,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A quoted string.</summary>
    Text,

    /// <summary>Any other type, well formed.</summary>
    Other,
}

/// <summary>Walks a Structured Field Dictionary (RFC 9651 §4.2.2). Parameters are read over; a fault ends the walk and condemns the whole field.</summary>
internal ref struct StructuredDictionary(ReadOnlySpan<byte> field)
{
    private ReadOnlySpan<byte> _rest = field.Trim((byte)' ');
    private bool _first = true;

    /// <summary>Whether the field is malformed; known once <see cref="MoveNext"/> has said false.</summary>
    public bool IsFaulty { get; private set; }

    public ReadOnlySpan<byte> Key { get; private set; }

    public StructuredKind Kind { get; private set; }

    /// <summary>The value as it came: digits with their sign, or a string without its quotes, escapes and all.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool MoveNext()
    {
        if (IsFaulty || (_rest.IsEmpty && _first) || (!_first && !TakeComma()))
        {
            return false;
        }

        _first = false;
        IsFaulty = !(TakeKey(out var key) && TakeMember() && TakeParameters());
        Key = key;
        return !IsFaulty;
    }

    /// <summary>Between members: white space, a comma, white space, and something after it.</summary>
    private bool TakeComma()
    {
        SkipWhiteSpace();
        if (_rest.IsEmpty)
        {
            return false;
        }

        IsFaulty = _rest[0] != ',';
        _rest = _rest[1..];
        SkipWhiteSpace();
        IsFaulty |= _rest.IsEmpty;
        return !IsFaulty;
    }

    private bool TakeKey(out ReadOnlySpan<byte> key)
    {
        var length = 0;
        while (length < _rest.Length && _rest[length] is (>= (byte)'a' and <= (byte)'z') or (byte)'*' or (>= (byte)'0' and <= (byte)'9') or (byte)'_' or (byte)'-' or (byte)'.')
        {
            length++;
        }

        key = Take(length);
        return length > 0 && key[0] is (>= (byte)'a' and <= (byte)'z') or (byte)'*';
    }

    private bool TakeMember()
    {
        if (!Takes('='))
        {
            return Becomes(StructuredKind.True);
        }

        return _rest.StartsWith("("u8) ? TakeInnerList() : TakeItem();
    }

    private bool TakeInnerList()
    {
        Takes('(');
        while (true)
        {
            _rest = _rest.TrimStart((byte)' ');
            if (Takes(')'))
            {
                return Becomes(StructuredKind.Other);
            }

            if (!TakeItem() || !TakeParameters() || _rest.IsEmpty || (_rest[0] != ' ' && _rest[0] != ')'))
            {
                return false;
            }
        }
    }

    private bool TakeParameters()
    {
        var kind = Kind;
        var value = Value;
        while (Takes(';'))
        {
            _rest = _rest.TrimStart((byte)' ');
            if (!TakeKey(out _) || (Takes('=') && !TakeItem()))
            {
                return false;
            }
        }

        return Becomes(kind, value);
    }

    private bool TakeItem()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        return (char)_rest[0] switch
        {
            '"' => TakeText(),
            '?' => TakeBoolean(),
            ':' => TakeBinary(),
            '@' => Takes('@') && TakeNumber() && Kind == StructuredKind.Integer && Becomes(StructuredKind.Other),
            '-' or (>= '0' and <= '9') => TakeNumber(),
            '*' or (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') => TakeToken(),
            _ => false,
        };
    }

    private bool TakeNumber()
    {
        var sign = _rest.StartsWith("-"u8) ? 1 : 0;
        var whole = Digits(_rest[sign..]);
        var end = sign + whole;
        if (end >= _rest.Length || _rest[end] != '.')
        {
            return whole is > 0 and <= 15 && Becomes(StructuredKind.Integer, Take(end));
        }

        var fraction = Digits(_rest[(end + 1)..]);
        return whole is > 0 and <= 12 && fraction is > 0 and <= 3 && Becomes(StructuredKind.Other, Take(end + 1 + fraction));
    }

    private bool TakeText()
    {
        for (var i = 1; i < _rest.Length; i++)
        {
            var c = _rest[i];
            if (c == '"')
            {
                return Becomes(StructuredKind.Text, Take(i + 1)[1..^1]);
            }

            if (c is < 0x20 or > 0x7e || (c == '\\' && (++i >= _rest.Length || _rest[i] is not ((byte)'"' or (byte)'\\'))))
            {
                return false;
            }
        }

        return false;
    }

    private bool TakeBoolean()
    {
        var value = _rest.Length > 1 ? _rest[1] : (byte)0;
        return value is (byte)'0' or (byte)'1' && Becomes(value == '1' ? StructuredKind.True : StructuredKind.False, Take(2)[..0]);
    }

    private bool TakeBinary()
    {
        var end = _rest[1..].IndexOf((byte)':');
        return end >= 0 && System.Buffers.Text.Base64.IsValid(Take(end + 2)[1..^1]) && Becomes(StructuredKind.Other);
    }

    private bool TakeToken()
    {
        var length = 1;
        while (length < _rest.Length && (_rest[length] is (byte)':' or (byte)'/' || Requests.Syntax.IsToken(_rest.Slice(length, 1))))
        {
            length++;
        }

        Take(length);
        return Becomes(StructuredKind.Other);
    }

    private bool Becomes(StructuredKind kind, ReadOnlySpan<byte> value = default)
    {
        Kind = kind;
        Value = value;
        return true;
    }

    private bool Takes(char c)
    {
        var there = !_rest.IsEmpty && _rest[0] == c;
        _rest = there ? _rest[1..] : _rest;
        return there;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    private void SkipWhiteSpace() => _rest = _rest.TrimStart(" \t"u8);

    private static int Digits(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? text.Length : end;
    }
}
