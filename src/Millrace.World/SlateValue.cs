namespace Millrace.World;

/// <summary>What a slate is worth in truth, in expected clicks.</summary>
/// <param name="Expected">The slate as shown; late bodies lower it where it says that they count.</param>
/// <param name="Random">Bodies at once, a slate drawn evenly from what is alive: an unbiased draw of the random policy, exact only on average.</param>
/// <param name="Oracle">The best slate that exists, bodies at once.</param>
public readonly record struct SlateValue(double Expected, double Random, double Oracle)
{
    /// <summary>What the decision lost against the oracle; never negative but for rounding.</summary>
    public double Regret => Oracle - Expected;
}
