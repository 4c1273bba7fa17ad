namespace Millrace.Backtest.ClickLogs;

/// <summary>What is wrong with one row.</summary>
/// <param name="Line">Its 1-based line.</param>
/// <param name="Field">The field, as the mapping names it; <c>line</c> for the row as a whole.</param>
/// <param name="Expected">What should have stood there.</param>
/// <param name="Got">What stood there, shortened.</param>
internal sealed record RowFault(long Line, string Field, string Expected, string Got)
{
    private const int MaxShown = 60;

    public override string ToString() => $"line {Line}, {Field}: expected {Expected}, got {(Got.Length <= MaxShown ? Got : Got[..MaxShown] + "…")}";
}
