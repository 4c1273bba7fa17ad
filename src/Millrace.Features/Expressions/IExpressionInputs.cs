namespace Millrace.Features.Expressions;

/// <summary>Gives an expression the columns that it reads; a struct, so that the call costs nothing.</summary>
internal interface IExpressionInputs
{
    /// <summary>The column of the expression's name at <paramref name="index"/>, at least as long as the column that is asked for.</summary>
    ReadOnlySpan<float> Input(int index);
}
