using System.Collections.Immutable;
using CsCheck;
using Millrace.Features.Expressions;

namespace Millrace.Tests.Features.Expressions;

public sealed class ExpressionTests
{
    private static readonly Gen<float> AnyValue = Gen.Frequency(
        (6, Gen.Float[-100, 100]), (2, Gen.Float), (1, Gen.Const(float.NaN)), (1, Gen.OneOf(0f, -0f, 1f, float.PositiveInfinity, float.NegativeInfinity)));

    [Fact]
    public void A_printed_tree_reads_as_the_same_tree() => Gen.Select(ExpressionTree.Any, Gen.ULong).Sample((tree, seed) =>
    {
        string text = tree.Print(seed);
        if (text.Length > Expression.MaxLength) return;
        var (expression, faults) = Expression.Parse(text, ExpressionTree.Known);
        Assert.Empty(faults);
        Assert.Equal(tree.Postfix(), expression!.ToString());
    });

    [Fact]
    public void Columns_have_the_bits_of_a_walk_over_the_tree() => Gen.Select(ExpressionTree.Any, AnyValue.Array[0, 150]).Sample((tree, values) =>
    {
        string text = tree.Print(0);
        if (text.Length > Expression.MaxLength) return;
        Expression expression = Expression.Parse(text).Expression!;
        // Each name's column is the same values, turned by another number of rows.
        float Value(string name, int row) => values[(row + (7 * Array.IndexOf(ExpressionTree.Known, name))) % values.Length];
        var inputs = new Columns([.. expression.Names.Select(name => Enumerable.Range(0, values.Length).Select(row => Value(name, row)).ToArray())]);
        var scratch = new double[expression.ScratchLength];
        var column = new float[values.Length];
        expression.Run(inputs, scratch, column);
        for (int row = 0; row < values.Length; row++)
        {
            double expected = tree.Walk(name => Value(name, row));
            Same(double.IsNaN(expected) ? float.NaN : (float)expected, column[row], text);
            if (row % Expression.Block == 0) Same(expected, expression.RunBlock(inputs, row, 1, scratch)[0], text);
        }
    });

    [Theory]
    [InlineData("a * b + 1", "a b Multiply! 1 Add!")]
    [InlineData("1 - 2 - 3", "1 2 Subtract! 3 Subtract!")]
    [InlineData("1 - (2 - 3)", "1 2 3 Subtract! Subtract!")]
    [InlineData("-a * b", "a Negate! b Multiply!")]
    [InlineData("a / -b", "a b Negate! Divide!")]
    [InlineData("a + 1 < b * 2", "a 1 Add! b 2 Multiply! Less!")]
    [InlineData("if(a >= 0.1, log(b), coalesce(c, 1e3))", "a 0.1 GreaterOrEqual! b Log! c 1000 Coalesce! If!")]
    public void Signs_bind_as_in_school(string text, string postfix) => Assert.Equal(postfix, Expression.Parse(text).Expression!.ToString());

    [Theory]
    [InlineData("if(x > 1, 2, 3)", float.NaN, 3)]
    [InlineData("if(x, 2, 3)", float.NaN, float.NaN)]
    [InlineData("min(x, 0)", float.NaN, float.NaN)]
    [InlineData("max(0, x)", float.NaN, float.NaN)]
    [InlineData("clamp(x, 0, 1)", float.NaN, float.NaN)]
    [InlineData("clamp(x, 0, 1)", 7, 1)]
    [InlineData("x != x", float.NaN, 1)]
    [InlineData("x == x", float.NaN, 0)]
    [InlineData("coalesce(x, 5)", float.NaN, 5)]
    [InlineData("coalesce(x, 5)", 4, 4)]
    [InlineData("isnan(x) + isnan(1)", float.NaN, 1)]
    [InlineData("1 / x", 0, float.PositiveInfinity)]
    [InlineData("sqrt(x)", -1, float.NaN)]
    [InlineData("log(x)", -2, float.NaN)]
    [InlineData("log(x)", 0, 0)]
    [InlineData("exp(x)", 0, 1)]
    [InlineData("x * 10", float.MaxValue, float.PositiveInfinity)]
    public void Missing_values_pass_as_documented(string text, float x, float expected)
    {
        Expression expression = Expression.Parse(text).Expression!;
        var column = new float[1];
        expression.Run(new Columns([[x]]), new double[expression.ScratchLength], column);
        Same(expected, column[0], text);
    }

    [Fact]
    public void Names_are_told_once_in_the_order_of_use() =>
        Assert.Equal(["b", "a", "min"], Expression.Parse("b + a * min(b, min)").Expression!.Names);

    [Fact]
    public void Running_allocates_nothing()
    {
        Expression expression = Expression.Parse("clamp(log(a) * exp(-b / 3), 0, if(a > b, 1, sqrt(b)))").Expression!;
        var inputs = new Columns([new float[200], new float[200]]);
        var scratch = new double[expression.ScratchLength];
        var column = new float[200];
        expression.Run(inputs, scratch, column);
        var allocated = new long[5];
        foreach (ref long bytes in allocated.AsSpan())
        {
            // A collection in between counts the rest of the thread's buffer as allocated.
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++) expression.Run(inputs, scratch, column);
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated.Min());
    }

    private static void Same(double expected, double actual, string text)
    {
        if (double.IsNaN(expected) && double.IsNaN(actual)) return;
        if (BitConverter.DoubleToInt64Bits(expected) != BitConverter.DoubleToInt64Bits(actual)) Assert.Fail($"{text}: expected {expected:R}, got {actual:R}");
    }

    private readonly struct Columns(ImmutableArray<float[]> columns) : IExpressionInputs
    {
        public ReadOnlySpan<float> Input(int index) => columns[index];
    }
}
