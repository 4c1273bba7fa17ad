using System.Collections.Immutable;

namespace Millrace.Features.Expressions;

/// <summary>
/// A value made of other features' values, as a flat postfix program over columns of doubles. Pure: equal inputs give equal bits on every machine.
/// <code>
/// comparison = sum [("&lt;" | "&lt;=" | "&gt;" | "&gt;=" | "==" | "!=") sum]      1 when it holds, else 0
/// sum        = product {("+" | "-") product}
/// product    = unary {("*" | "/") unary}
/// unary      = "-" unary | number | name | function "(" [comparison {"," comparison}] ")" | "(" comparison ")"
/// </code>
/// Functions: <c>min max abs exp sqrt</c>; <c>log(x)</c> is the natural logarithm of 1 + x; <c>clamp(x, lo, hi)</c> is min(max(x, lo), hi); <c>if(c, a, b)</c> is a
/// unless c is 0; <c>coalesce(a, b)</c> is a unless a is missing; <c>isnan(x)</c>. A missing value is NaN and passes through arithmetic and every function, also
/// through min, max and as the condition of <c>if</c>; only <c>coalesce</c> and <c>isnan</c> see it. A comparison with it does not hold, except <c>!=</c> (IEEE 754). Nothing
/// else is caught: 1/0 is infinite, the root of −1 is missing, and what a float32 cannot hold is infinite in the column.
/// </summary>
internal sealed class Expression
{
    internal const int MaxLength = 4096;
    internal const int MaxDepth = 64;

    /// <summary>Rows that pass through the program at once: their stack stays in the first-level cache.</summary>
    internal const int Block = 64;

    private readonly Instruction[] _program;

    private Expression(IReadOnlyList<Instruction> program, IReadOnlyList<string> names)
    {
        _program = [.. program];
        Names = [.. names];
        int height = 0;
        foreach (Instruction instruction in program)
        {
            height += 1 - instruction.Operation.Arity();
            ScratchLength = Math.Max(ScratchLength, height * Block);
        }
    }

    /// <summary>The names that it reads, each once, in the order of their first use.</summary>
    internal ImmutableArray<string> Names { get; }

    /// <summary>The doubles that <see cref="Run"/> needs to work in, however long the columns are: at most 66 KiB.</summary>
    internal int ScratchLength { get; }

    /// <summary>Reads <paramref name="text"/>; returns the faults and no expression, or the expression and no faults. Never throws for what the text holds.</summary>
    /// <param name="text">At most <see cref="MaxLength"/> characters, nested at most <see cref="MaxDepth"/> deep.</param>
    /// <param name="known">The names that there are; null when any will do.</param>
    internal static (Expression? Expression, ImmutableArray<ExpressionFault> Faults) Parse(string text, IReadOnlyCollection<string>? known = null)
    {
        var parser = new Parser(text, known);
        parser.Read();
        return parser.Faults.Count > 0 ? (null, [.. parser.Faults.OrderBy(fault => fault.Column)]) : (new(parser.Program, parser.Names), []);
    }

    /// <summary>Fills <paramref name="column"/>, row by row the same function of the inputs' rows; every NaN is <see cref="float.NaN"/>. Allocates nothing.</summary>
    /// <param name="inputs">The columns of <see cref="Names"/>.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/>; what it holds before and after means nothing.</param>
    /// <param name="column">The rows that are asked for.</param>
    internal void Run<TInputs>(in TInputs inputs, Span<double> scratch, Span<float> column)
        where TInputs : struct, IExpressionInputs, allows ref struct
    {
        for (int start = 0; start < column.Length; start += Block)
        {
            Span<float> rows = column.Slice(start, Math.Min(Block, column.Length - start));
            ReadOnlySpan<double> values = RunBlock(inputs, start, rows.Length, scratch);
            for (int i = 0; i < rows.Length; i++) rows[i] = double.IsNaN(values[i]) ? float.NaN : (float)values[i];
        }
    }

    /// <summary>The values of <paramref name="count"/> rows from <paramref name="start"/>, at most a block, before they are rounded to floats; they stand in the scratch.</summary>
    internal ReadOnlySpan<double> RunBlock<TInputs>(in TInputs inputs, int start, int count, Span<double> scratch)
        where TInputs : struct, IExpressionInputs, allows ref struct
    {
        // Whole lanes: what the rows beyond the last one hold is computed with them and never read.
        int width = (count + 3) & ~3;
        int top = 0;
        foreach (ref readonly Instruction instruction in _program.AsSpan())
        {
            Operation operation = instruction.Operation;
            int arity = operation.Arity();
            top -= arity;
            Span<double> first = scratch.Slice(top * Block, width);
            switch (arity)
            {
                case 0 when operation == Operation.Constant:
                    first.Fill(instruction.Constant);
                    break;
                case 0:
                    ReadOnlySpan<float> input = inputs.Input(instruction.Input).Slice(start, count);
                    for (int i = 0; i < input.Length; i++) first[i] = input[i];
                    break;
                case 1:
                    ColumnOperations.Unary(operation, first);
                    break;
                case 2:
                    ColumnOperations.Binary(operation, first, scratch.Slice((top + 1) * Block, width));
                    break;
                default:
                    ColumnOperations.Ternary(operation, first, scratch.Slice((top + 1) * Block, width), scratch.Slice((top + 2) * Block, width));
                    break;
            }

            top++;
        }

        return scratch[..count];
    }

    /// <summary>The program as text: expressions of equal texts are equal, however they were written. For fingerprints.</summary>
    public override string ToString() => string.Join(' ', _program.Select(instruction => instruction.ToString(Names)));
}
