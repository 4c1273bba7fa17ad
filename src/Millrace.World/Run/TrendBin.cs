namespace Millrace.World.Run;

/// <summary>What happened in one stretch of time.</summary>
/// <param name="Views">Decisions that were shown.</param>
/// <param name="Clicks">Clicks that were made.</param>
/// <param name="Expected">Expected clicks of what was shown, late bodies counted.</param>
/// <param name="Random">Expected clicks of random slates, bodies at once.</param>
/// <param name="Oracle">Expected clicks of the best slates, bodies at once.</param>
public readonly record struct TrendBin(long Views, long Clicks, double Expected, double Random, double Oracle)
{
    /// <summary>How far the shown slates are on the way from random (0) to oracle (1); 0 when nothing was shown.</summary>
    public double ShareOfTheWay => Oracle > Random ? (Expected - Random) / (Oracle - Random) : 0;

    /// <summary>What was lost against the oracle, in expected clicks.</summary>
    public double Regret => Oracle - Expected;

    /// <summary>Both stretches together.</summary>
    public static TrendBin operator +(TrendBin left, TrendBin right) => Add(left, right);

    /// <inheritdoc cref="op_Addition"/>
    public static TrendBin Add(TrendBin left, TrendBin right) => new(
        left.Views + right.Views, left.Clicks + right.Clicks, left.Expected + right.Expected, left.Random + right.Random, left.Oracle + right.Oracle);
}
