namespace Millrace.Backtest.ClickLogs;

/// <summary>Takes the four wanted fields out of a row of one syntax.</summary>
internal interface IRowParser
{
    /// <summary>Fills <paramref name="fields"/> with user, session, item and time as text; null where the row or the mapping has none.</summary>
    /// <returns>What is wrong with the row's syntax, else null.</returns>
    RowFault? Parse(string line, long number, string?[] fields);
}
