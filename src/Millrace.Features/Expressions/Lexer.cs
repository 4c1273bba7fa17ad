namespace Millrace.Features.Expressions;

/// <summary>Cuts the text of an expression into tokens. It has no faults of its own: what it does not know is a token of that kind.</summary>
internal static class Lexer
{
    /// <summary>The token at or behind <paramref name="from"/>, past white space.</summary>
    internal static Token Next(ReadOnlySpan<char> text, int from)
    {
        while (from < text.Length && text[from] is ' ' or '\t' or '\r' or '\n') from++;
        if (from == text.Length) return new(TokenKind.End, from, 0);
        ReadOnlySpan<char> rest = text[from..];
        if (char.IsAsciiDigit(rest[0])) return new(TokenKind.Number, from, Number(rest));
        if (char.IsAsciiLetter(rest[0]) || rest[0] == '_') return new(TokenKind.Name, from, Name(rest));
        if (rest.Length > 1 && rest[1] == '=' && rest[0] is '<' or '>' or '=' or '!') return new(TokenKind.Symbol, from, 2);
        if ("+-*/(),<>".Contains(rest[0])) return new(TokenKind.Symbol, from, 1);
        return new(TokenKind.Unknown, from, rest.Length > 1 && char.IsSurrogatePair(rest[0], rest[1]) ? 2 : 1);
    }

    private static int Name(ReadOnlySpan<char> text)
    {
        int length = 1;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] == '_')) length++;
        return length;
    }

    /// <summary>digits [. digits] [e [+ or −] digits]; a part that is not whole is not of the number.</summary>
    private static int Number(ReadOnlySpan<char> text)
    {
        int length = Digits(text, 0);
        if (length < text.Length && text[length] == '.') length = Part(text, length, length + 1);
        if (length < text.Length && text[length] is 'e' or 'E')
        {
            bool signed = length + 1 < text.Length && text[length + 1] is '+' or '-';
            length = Part(text, length, length + (signed ? 2 : 1));
        }

        return length;
    }

    private static int Part(ReadOnlySpan<char> text, int without, int digits) => Digits(text, digits) is var end && end > digits ? end : without;

    private static int Digits(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return at;
    }
}
