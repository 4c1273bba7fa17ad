using System.Globalization;

namespace Millrace.Features.Expressions;

/// <summary>
/// Recursive descent over the grammar of <see cref="Expression"/>, writing the postfix program as it goes. It stops at the first thing that it cannot read; names and
/// numbers of values that are wrong do not stop it, so that all of them are told at once.
/// </summary>
internal ref struct Parser(string text, IReadOnlyCollection<string>? known)
{
    private const int MaxFaults = 16;

    private static readonly Dictionary<string, Operation> Functions = new(StringComparer.Ordinal)
    {
        ["abs"] = Operation.Abs,
        ["clamp"] = Operation.Clamp,
        ["coalesce"] = Operation.Coalesce,
        ["exp"] = Operation.Exp,
        ["if"] = Operation.If,
        ["isnan"] = Operation.IsNaN,
        ["log"] = Operation.Log,
        ["max"] = Operation.Maximum,
        ["min"] = Operation.Minimum,
        ["sqrt"] = Operation.Sqrt,
    };

    private readonly HashSet<string>? _known = known?.ToHashSet(StringComparer.Ordinal);
    private readonly List<Instruction> _program = [];
    private readonly List<string> _names = [];
    private readonly List<ExpressionFault> _faults = [];
    private Token _token = Lexer.Next(text, 0);
    private int _depth;

    internal readonly IReadOnlyList<ExpressionFault> Faults => _faults;

    internal readonly IReadOnlyList<Instruction> Program => _program;

    internal readonly IReadOnlyList<string> Names => _names;

    /// <summary>Reads the whole text.</summary>
    internal void Read()
    {
        if (text.Length > Expression.MaxLength)
        {
            Fault(Expression.MaxLength, $"at most {Expression.MaxLength} characters", $"{text.Length}");
        }
        else if (Comparison() && _token.Kind != TokenKind.End)
        {
            Unexpected("an operator or the end");
        }
    }

    private bool Comparison()
    {
        if (!Sum()) return false;
        if (Comparator() is not { } operation) return true;
        Advance();
        if (!Sum()) return false;
        Emit(operation);
        return Comparator() is null || Unexpected("one comparison (for a < b < c write min(a < b, b < c))");
    }

    private bool Sum()
    {
        if (!Product()) return false;
        while (Symbol() is "+" or "-")
        {
            Operation operation = Symbol() is "+" ? Operation.Add : Operation.Subtract;
            Advance();
            if (!Product()) return false;
            Emit(operation);
        }

        return true;
    }

    private bool Product()
    {
        if (!Unary()) return false;
        while (Symbol() is "*" or "/")
        {
            Operation operation = Symbol() is "*" ? Operation.Multiply : Operation.Divide;
            Advance();
            if (!Unary()) return false;
            Emit(operation);
        }

        return true;
    }

    /// <summary>Every recursion passes here: this is where depth is bounded.</summary>
    private bool Unary()
    {
        if (_depth == Expression.MaxDepth) return Unexpected($"at most {Expression.MaxDepth} levels of parentheses, calls and signs");
        _depth++;
        bool read;
        if (Symbol() is "-")
        {
            Advance();
            read = Unary();
            if (read) Emit(Operation.Negate);
        }
        else
        {
            read = Primary();
        }

        _depth--;
        return read;
    }

    private bool Primary()
    {
        Token token = _token;
        switch (token.Kind)
        {
            case TokenKind.Number:
                Advance();
                Number(token);
                return true;
            case TokenKind.Name:
                Advance();
                if (Symbol() is "(") return Call(token);
                Name(token);
                return true;
            case TokenKind.Symbol when Symbol() is "(":
                Advance();
                return Comparison() && Close("an operator or ')'");
            default:
                return Unexpected("a number, a name, '-' or '('");
        }
    }

    private bool Call(Token name)
    {
        Advance();
        int values = 0;
        if (Symbol() is not ")")
        {
            do
            {
                if (values > 0) Advance();
                if (!Comparison()) return false;
                values++;
            }
            while (Symbol() is ",");
        }

        if (!Close("an operator, ',' or ')'")) return false;
        string function = Text(name);
        if (!Functions.TryGetValue(function, out Operation operation))
        {
            Fault(name.Start, $"a function ({string.Join(", ", Functions.Keys)})", $"'{function}'", NearestName.Of(function, Functions.Keys));
        }
        else if (values != operation.Arity())
        {
            Fault(name.Start, $"{operation.Arity()} {(operation.Arity() == 1 ? "value" : "values")} for '{function}'", $"{values}");
        }
        else
        {
            Emit(operation);
        }

        return true;
    }

    private readonly void Number(Token token)
    {
        double value = double.Parse(text.AsSpan(token.Start, token.Length), NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!double.IsFinite(value)) Fault(token.Start, "a number that a double holds", $"'{Text(token)}'");
        _program.Add(new(Operation.Constant, Constant: value));
    }

    private readonly void Name(Token token)
    {
        string name = Text(token);
        int input = _names.IndexOf(name);
        if (input < 0)
        {
            input = _names.Count;
            _names.Add(name);
            if (_known is not null && !_known.Contains(name)) Fault(token.Start, "the name of a feature", $"'{name}'", NearestName.Of(name, _known));
        }

        _program.Add(new(Operation.Input, input));
    }

    private bool Close(string expected)
    {
        if (Symbol() is not ")") return Unexpected(expected);
        Advance();
        return true;
    }

    private readonly Operation? Comparator() => Symbol() switch
    {
        "<" => Operation.Less,
        "<=" => Operation.LessOrEqual,
        ">" => Operation.Greater,
        ">=" => Operation.GreaterOrEqual,
        "==" => Operation.Equal,
        "!=" => Operation.NotEqual,
        _ => null,
    };

    private readonly ReadOnlySpan<char> Symbol() => _token.Kind == TokenKind.Symbol ? text.AsSpan(_token.Start, _token.Length) : default;

    private readonly string Text(Token token) => text.Substring(token.Start, token.Length);

    private void Advance() => _token = Lexer.Next(text, _token.Start + _token.Length);

    private readonly void Emit(Operation operation) => _program.Add(new(operation));

    private readonly bool Unexpected(string expected)
    {
        Fault(_token.Start, expected, _token.Kind == TokenKind.End ? "the end" : $"'{Text(_token)}'");
        return false;
    }

    private readonly void Fault(int at, string expected, string got, string? nearest = null)
    {
        if (_faults.Count < MaxFaults) _faults.Add(new(at + 1, expected, got, nearest));
    }
}
