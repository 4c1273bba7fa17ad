using Millrace.Journal;

namespace Millrace.Features.PointInTime.Parquet;

/// <param name="Decision">Its id.</param>
/// <param name="Time">When it was taken, as its rows say.</param>
/// <param name="Rows">How many rows of a file it has.</param>
internal readonly record struct DecisionCount(string Decision, UnixMicros Time, int Rows);
