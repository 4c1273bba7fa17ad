using System.Globalization;
using CsCheck;
using Millrace.Features.Expressions;
using Millrace.Features.Numerics;

namespace Millrace.Tests.Features.Expressions;

/// <summary>An expression as a tree: printed, walked and turned into postfix by other code than the parser's.</summary>
internal sealed record ExpressionTree(Operation Operation, string Name, double Value, ExpressionTree[] Children)
{
    internal static readonly string[] Known = ["ctr", "views_1h", "age", "min", "e1"];

    private static readonly Gen<ExpressionTree> Leaf = Gen.Frequency(
        (1, Gen.OneOf(Gen.Double[0, 10], Gen.Int[0, 3].Select(n => (double)n), Gen.Double.Select(Math.Abs).Where(double.IsFinite))
            .Select(value => new ExpressionTree(Operation.Constant, "", value, []))),
        (2, Gen.OneOf(Known).Select(name => new ExpressionTree(Operation.Input, name, 0, []))));

    internal static readonly Gen<ExpressionTree> Any = Gen.Recursive<ExpressionTree>((depth, self) => depth >= 6
        ? Leaf
        : Gen.Frequency((1, Leaf), (3, Gen.Select(Gen.Int[(int)Operation.Negate, (int)Operation.Clamp], Gen.Select(self, self, self)).Select((operation, children) =>
            new ExpressionTree((Operation)operation, "", 0, new[] { children.Item1, children.Item2, children.Item3 }[..((Operation)operation).Arity()])))));

    /// <summary>As text, with white space and needless parentheses as <paramref name="seed"/> has it.</summary>
    internal string Print(ulong seed)
    {
        ulong draws = 0;
        return Print(this, 1);

        string Print(ExpressionTree node, int binding)
        {
            (int own, string text) = node.Operation switch
            {
                Operation.Constant => (5, node.Value.ToString("R", CultureInfo.InvariantCulture)),
                Operation.Input => (5, node.Name),
                Operation.Negate => (4, $"-{Space()}{Print(node.Children[0], 4)}"),
                Operation.Multiply => (3, Infix("*", 3, 4)),
                Operation.Divide => (3, Infix("/", 3, 4)),
                Operation.Add => (2, Infix("+", 2, 3)),
                Operation.Subtract => (2, Infix("-", 2, 3)),
                Operation.Less => (1, Infix("<", 2, 2)),
                Operation.LessOrEqual => (1, Infix("<=", 2, 2)),
                Operation.Greater => (1, Infix(">", 2, 2)),
                Operation.GreaterOrEqual => (1, Infix(">=", 2, 2)),
                Operation.Equal => (1, Infix("==", 2, 2)),
                Operation.NotEqual => (1, Infix("!=", 2, 2)),
                _ => (5, $"{Function(node.Operation)}{Space()}({string.Join(',', node.Children.Select(child => Print(child, 1)))}{Space()})"),
            };
            return own < binding || Draw() % 8 == 0 ? $"{Space()}({text}{Space()})" : Space() + text;

            string Infix(string sign, int left, int right) => Print(node.Children[0], left) + Space() + sign + Print(node.Children[1], right);
        }

        string Space() => (Draw() % 6) switch { 0 => " ", 1 => "\n\t", _ => "" };
        ulong Draw() => Philox.Draw(seed, 0, draws++).First;
    }

    internal string Postfix() => string.Join(' ', Children.Select(child => child.Postfix()).Append(Operation switch
    {
        Operation.Constant => Value.ToString("R", CultureInfo.InvariantCulture),
        Operation.Input => Name,
        _ => $"{Operation}!",
    }));

    internal double Walk(Func<string, float> input)
    {
        double[] values = [.. Children.Select(child => child.Walk(input))];
        return Operation switch
        {
            Operation.Constant => Value,
            Operation.Input => input(Name),
            Operation.Negate => -values[0],
            Operation.Abs => Math.Abs(values[0]),
            Operation.Log => Deterministic.Log(1 + values[0]),
            Operation.Exp => Deterministic.Exp(values[0]),
            Operation.Sqrt => Math.Sqrt(values[0]),
            Operation.IsNaN => double.IsNaN(values[0]) ? 1 : 0,
            Operation.Add => values[0] + values[1],
            Operation.Subtract => values[0] - values[1],
            Operation.Multiply => values[0] * values[1],
            Operation.Divide => values[0] / values[1],
            Operation.Less => values[0] < values[1] ? 1 : 0,
            Operation.LessOrEqual => values[0] <= values[1] ? 1 : 0,
            Operation.Greater => values[0] > values[1] ? 1 : 0,
            Operation.GreaterOrEqual => values[0] >= values[1] ? 1 : 0,
            Operation.Equal => values[0] == values[1] ? 1 : 0,
            Operation.NotEqual => values[0] != values[1] ? 1 : 0,
            Operation.Minimum => Math.Min(values[0], values[1]),
            Operation.Maximum => Math.Max(values[0], values[1]),
            Operation.Coalesce => double.IsNaN(values[0]) ? values[1] : values[0],
            Operation.If => double.IsNaN(values[0]) ? double.NaN : values[0] != 0 ? values[1] : values[2],
            Operation.Clamp => Math.Min(Math.Max(values[0], values[1]), values[2]),
            _ => throw new InvalidOperationException(),
        };
    }

    private static string Function(Operation operation) => operation switch
    {
        Operation.Minimum => "min",
        Operation.Maximum => "max",
        Operation.IsNaN => "isnan",
        Operation.If => "if",
        Operation.Clamp => "clamp",
        Operation.Coalesce => "coalesce",
        Operation.Abs => "abs",
        Operation.Log => "log",
        Operation.Exp => "exp",
        _ => "sqrt",
    };
}
