namespace Millrace.Decisions.Pacing;

/// <summary>What one slate placed of one value. Pins are no places: no bonus moves them.</summary>
/// <param name="Places">The places that were filled.</param>
/// <param name="InGroup">How many of them the value's items took.</param>
/// <param name="FewestInGroup">How many of them a bonus could not have taken from it.</param>
/// <param name="MostInGroup">How many of them a bonus could have given to it.</param>
internal readonly record struct PacedPlaces(int Places, int InGroup, int FewestInGroup, int MostInGroup);
