namespace Millrace.Models.Policies;

/// <summary>ε-greedy over the best <paramref name="Top"/>: each of them keeps at least ε/K.</summary>
/// <param name="Epsilon">Probability of drawing uniformly; 0 never explores.</param>
/// <param name="Top">K: how many of the best feasible candidates may be drawn.</param>
public sealed record Exploration(double Epsilon = 0, int Top = 20);
