namespace Millrace.Models.Policies;

/// <summary>A share of all places that items with an attribute's value should hold over time: a provider's floor or ceiling, met by a bonus and not slate by slate.</summary>
/// <param name="Attribute"><c>provider</c>, <c>kind</c>, or an attribute of items.</param>
/// <param name="Value">The value.</param>
/// <param name="Least">At least this share of the places, 0 to 1; null for no floor.</param>
/// <param name="Most">At most this share, 0 to 1; null for no ceiling.</param>
/// <param name="Over">The time over which it should hold: about as long as the controller takes to get there.</param>
public sealed record Pace(string Attribute, string Value, double? Least, double? Most, TimeSpan Over);
