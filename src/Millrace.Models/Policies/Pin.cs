namespace Millrace.Models.Policies;

/// <summary>An item fixed at a rank of a slot.</summary>
/// <param name="Slot">The slot's id.</param>
/// <param name="Rank">1-based. When there is too little to fill the places before it, it stands at the first empty one, and the reply says <c>pinMoved</c>.</param>
/// <param name="Item">The item's id.</param>
public sealed record Pin(string Slot, int Rank, string Item);
