using System.Collections.Immutable;
using Millrace.Journal;

namespace Millrace.Backtest.ClickLogs;

/// <summary>One row of a click log.</summary>
/// <param name="User">Null when the log does not say.</param>
/// <param name="Session">The visit it belongs to.</param>
/// <param name="Item">What was clicked.</param>
/// <param name="Time">When.</param>
/// <param name="Segment">The segment of whom it is; null when the log does not say.</param>
internal readonly record struct Click(string? User, string Session, string Item, UnixMicros Time, string? Segment = null)
{
    /// <summary>The values of <see cref="ClickLogFormat.Context"/>, in its order; default where the format names none.</summary>
    public ImmutableArray<string?> Context { get; init; }
}
