namespace Millrace.Features.Expressions;

/// <summary>What is wrong with the text of an expression, and where.</summary>
/// <param name="Column">The first character is 1; one behind the last when more text was expected.</param>
/// <param name="Expected">What should have been there.</param>
/// <param name="Got">What was there.</param>
/// <param name="Nearest">The known name that was probably meant; null when none is near.</param>
internal sealed record ExpressionFault(int Column, string Expected, string Got, string? Nearest = null)
{
    public override string ToString() =>
        $"column {Column}: expected {Expected}; got {Got}{(Nearest is null ? "" : $"; the nearest name is '{Nearest}'")}";
}
