namespace Millrace.Features.Expressions;

/// <summary>A word of an expression: where it stands, and what it is.</summary>
internal readonly record struct Token(TokenKind Kind, int Start, int Length);

internal enum TokenKind
{
    End,
    Number,
    Name,
    Symbol,
    Unknown,
}
