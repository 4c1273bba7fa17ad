namespace Millrace.Models.Policies;

/// <summary>How places are drawn over the best feasible: p = (1 − ε)·rule + ε/K, so that each of the K kept has at least ε/K.</summary>
/// <param name="Epsilon">The share that is drawn uniformly over the kept; 0 leaves the rule alone.</param>
/// <param name="Top">How many of the best feasible candidates may be drawn; new items come on top.</param>
public sealed record Exploration(double Epsilon = 0, int Top = 20)
{
    public ExplorationMethod Method { get; init; }

    /// <summary>γ of <see cref="ExplorationMethod.SquareCb"/>: the greater, the greedier; on utilities as they are, so it has their inverse unit.</summary>
    public double Gamma { get; init; } = 20;

    /// <summary>Of <see cref="ExplorationMethod.PlackettLuce"/>: the smaller, the greedier; in the unit of the utilities.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>M of <see cref="ExplorationMethod.Thompson"/>.</summary>
    public int Draws { get; init; } = 100;

    /// <summary>New items that are kept beside the best; null for none.</summary>
    public NewItems? New { get; init; }
}

/// <summary>New items that may be drawn although they are not among the best, until they were tried often enough.</summary>
/// <param name="Trials">The feature that counts how often an item was tried; missing counts as 0.</param>
/// <param name="Below">An item with fewer trials is new.</param>
/// <param name="Take">At most so many at a place, the best of them.</param>
public sealed record NewItems(string Trials, double Below, int Take);

/// <summary>The rules of exploration.</summary>
public enum ExplorationMethod
{
    /// <summary>The best.</summary>
    EpsilonGreedy,

    /// <summary>1/(K + γ·gap) for each but the best, the rest for the best. Source: Foster and Rakhlin, "Beyond UCB", ICML 2020.</summary>
    SquareCb,

    /// <summary>The softmax of utility over temperature.</summary>
    PlackettLuce,

    /// <summary>How often a candidate is the best under M seeded draws of the posterior.</summary>
    Thompson,
}
