using CsCheck;
using Millrace.Features.Expressions;

namespace Millrace.Tests.Features.Expressions;

public sealed class ExpressionFaultTests
{
    private static readonly string[] Known = ["ctr_7d", "views", "age"];

    private static readonly Gen<string> Garbage = Gen.OneOf(
        Gen.OneOf("(", ")", ",", "+", "-", "*", "/", "<", "<=", "==", "!", "=", "1", "1.5e", ".5", "1e999", "views", "vews", "min", "if(", "log", " ", "\n", "é", "🌊", "\ud800", "\0"),
        Gen.Char.Select(c => c.ToString())).Array[0, 40].Select(string.Concat);

    [Theory]
    [InlineData("", "column 1: expected a number, a name, '-' or '('; got the end")]
    [InlineData("views +", "column 8: expected a number, a name, '-' or '('; got the end")]
    [InlineData("views views", "column 7: expected an operator or the end; got 'views'")]
    [InlineData("(views", "column 7: expected an operator or ')'; got the end")]
    [InlineData("min(views, )", "column 12: expected a number, a name, '-' or '('; got ')'")]
    [InlineData("min(views; 1)", "column 10: expected an operator, ',' or ')'; got ';'")]
    [InlineData("min(views)", "column 1: expected 2 values for 'min'; got 1")]
    [InlineData("1 + abs(views, age)", "column 5: expected 1 value for 'abs'; got 2")]
    [InlineData("vews * 2", "column 1: expected the name of a feature; got 'vews'; the nearest name is 'views'")]
    [InlineData("qqqqq", "column 1: expected the name of a feature; got 'qqqqq'")]
    [InlineData("1 < age < 2", "column 9: expected one comparison (for a < b < c write min(a < b, b < c)); got '<'")]
    [InlineData("age = 1", "column 5: expected an operator or the end; got '='")]
    [InlineData("age + 🌊", "column 7: expected a number, a name, '-' or '('; got '🌊'")]
    [InlineData("1e999", "column 1: expected a number that a double holds; got '1e999'")]
    [InlineData("clmp(age, 0, 1)", "column 1: expected a function (abs, clamp, coalesce, exp, if, isnan, log, max, min, sqrt); got 'clmp'; the nearest name is 'clamp'")]
    public void A_fault_says_where_what_and_what_instead(string text, string fault)
    {
        var (expression, faults) = Expression.Parse(text, Known);
        Assert.Null(expression);
        Assert.Equal(fault, Assert.Single(faults).ToString());
    }

    [Fact]
    public void All_names_and_functions_that_are_wrong_are_told_at_once() =>
        Assert.Equal([1, 8, 11, 21], Expression.Parse("vews + lg(agee) + 2*min(1)", Known).Faults.Select(fault => fault.Column));

    [Fact]
    public void Garbage_gives_faults_within_the_text_and_throws_nothing() => Garbage.Sample(text =>
    {
        var (expression, faults) = Expression.Parse(text, Known);
        Assert.Equal(expression is null, faults.Length > 0);
        Assert.All(faults, fault => Assert.InRange(fault.Column, 1, text.Length + 1));
    }, iter: 20_000);

    [Fact]
    public void A_sound_expression_with_one_character_changed_throws_nothing() =>
        Gen.Select(ExpressionTree.Any, Gen.ULong, Gen.Int[0, 5000], Gen.Char[' ', '~']).Sample((tree, seed, at, with) =>
        {
            char[] text = tree.Print(seed).ToCharArray();
            text[at % text.Length] = with;
            var (expression, faults) = Expression.Parse(new string(text), ExpressionTree.Known);
            Assert.Equal(expression is null, faults.Length > 0);
        });

    [Theory]
    [InlineData("(")]
    [InlineData("-")]
    [InlineData("abs(")]
    [InlineData("if(1,")]
    [InlineData("1-(")]
    public void Depth_is_bounded(string opening)
    {
        int most = Expression.MaxDepth - 1;
        Assert.NotNull(Expression.Parse(Nested(opening, most)).Expression);
        ExpressionFault fault = Assert.Single(Expression.Parse(Nested(opening, most + 1)).Faults);
        Assert.Equal("at most 64 levels of parentheses, calls and signs", fault.Expected);
        Assert.NotEmpty(Expression.Parse(string.Concat(Enumerable.Repeat(opening, Expression.MaxLength / opening.Length))).Faults);
    }

    [Fact]
    public void Length_is_bounded_and_a_long_sum_is_no_depth()
    {
        string longest = "1" + string.Concat(Enumerable.Repeat("+1", (Expression.MaxLength / 2) - 1)) + " ";
        Assert.Equal(Expression.MaxLength, longest.Length);
        Assert.Equal(2 * Expression.Block, Expression.Parse(longest).Expression!.ScratchLength);
        Assert.Equal("column 4097: expected at most 4096 characters; got 4097", Assert.Single(Expression.Parse(longest + " ").Faults).ToString());
    }

    [Fact]
    public void The_deepest_stack_is_what_the_documentation_says()
    {
        string text = string.Concat(Enumerable.Repeat("clamp(1,1,", 63)) + "1" + new string(')', 63);
        Assert.InRange(Expression.Parse(text).Expression!.ScratchLength * sizeof(double), 60 * 1024, 66 * 1024);
    }

    private static string Nested(string opening, int times) => string.Concat(Enumerable.Repeat(opening, times)) + "1"
        + string.Concat(Enumerable.Repeat(opening switch { "if(1," => ",1)", "-" => "", _ => ")" }, times));
}
