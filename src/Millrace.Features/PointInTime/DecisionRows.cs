using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>The rows of one decision: one per item that it placed.</summary>
/// <param name="Decision">The decision's id.</param>
/// <param name="Time">When it was taken.</param>
/// <param name="Items">The items' ids, best first.</param>
/// <param name="Ranks">1-based.</param>
/// <param name="Propensities">As the decision recorded them.</param>
/// <param name="Matrix">Row-major, items × features; NaN is missing.</param>
public readonly record struct DecisionRows(
    string Decision, UnixMicros Time, ReadOnlyMemory<string> Items, ReadOnlyMemory<int> Ranks, ReadOnlyMemory<double> Propensities, ReadOnlyMemory<float> Matrix);
