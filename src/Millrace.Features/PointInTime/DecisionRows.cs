using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>The rows of one decision: one per item that it placed, or per candidate.</summary>
/// <param name="Decision">The decision's id.</param>
/// <param name="Time">When it was taken.</param>
/// <param name="Surface">Where it was asked for.</param>
/// <param name="Policy">The policy and its version, <c>home@12</c>.</param>
/// <param name="Epoch">The epoch whose item features it read.</param>
/// <param name="Mode">online, apprentice or log-only.</param>
/// <param name="Items">The items, in the order of the matrix's rows.</param>
/// <param name="Matrix">Row-major, items × features; NaN is missing.</param>
public readonly record struct DecisionRows(
    string Decision, UnixMicros Time, string Surface, string Policy, long Epoch, string Mode, ReadOnlyMemory<RowItem> Items, ReadOnlyMemory<float> Matrix);

/// <summary>An item of a decision, and how it was placed.</summary>
/// <param name="Item">Its id.</param>
/// <param name="Slot">The slot in which it was placed; null when it was not.</param>
/// <param name="Rank">1-based within the slot; null when it was not placed.</param>
/// <param name="Propensity">As the decision recorded it; null when it was not placed.</param>
/// <param name="Explored">Whether the draw departed from the best.</param>
public readonly record struct RowItem(string Item, string? Slot = null, int? Rank = null, double? Propensity = null, bool Explored = false);
