namespace Millrace.World.Clicks;

/// <summary>What one item is to one visitor at one time.</summary>
/// <param name="Attraction">Probability of a click, given that the item is looked at.</param>
/// <param name="Satisfaction">Probability that the visitor is done, given the click.</param>
public readonly record struct Appeal(double Attraction, double Satisfaction);
