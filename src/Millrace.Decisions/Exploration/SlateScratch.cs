using Millrace.Decisions.Ranking;
using Millrace.Decisions.Reranking;

namespace Millrace.Decisions.Exploration;

/// <summary>What drawing a slate needs beside its problem, kept for the next: nothing is allocated once it has grown. One slate at a time.</summary>
internal sealed class SlateScratch
{
    private int[] _kept = [];
    private double[] _values = [];
    private double[] _probabilities = [];
    private int[] _wins = [];
    private int[] _allWins = [];
    private int[] _positions = [];
    private int[] _keptAt = [];
    private double[] _costs = [];
    private double[] _costsBefore = [];
    private int[] _winners = [];
    private int[] _risen = [];

    internal Feasibility Feasible { get; } = new();

    internal Likeness Likeness { get; } = new();

    /// <summary>The candidates kept at the place, best first; more room than <see cref="Count"/>.</summary>
    internal Span<int> Kept => _kept;

    /// <summary>What they are worth there.</summary>
    internal Span<double> Values => _values;

    /// <summary>The probability of each.</summary>
    internal Span<double> Probabilities => _probabilities;

    /// <summary>Draws won by each.</summary>
    internal Span<int> Wins => _wins;

    /// <summary>Draws won by each candidate among all feasible.</summary>
    internal Span<int> AllWins => _allWins;

    /// <summary>By candidate, its place in the order.</summary>
    internal Span<int> Positions => _positions;

    /// <summary>By candidate, one more than the last place at which it was kept.</summary>
    internal Span<int> KeptAt => _keptAt;

    /// <summary>By candidate, what its likeness costs, infinite where it may not stand.</summary>
    internal Span<double> Costs => _costs;

    /// <summary>The costs when draws were last counted; infinite before the first time.</summary>
    internal Span<double> CostsBefore => _costsBefore;

    /// <summary>By draw, who won it when it was last counted; −1 before the first time.</summary>
    internal Span<int> Winners => _winners;

    /// <summary>Room for the candidates that are worth more than they were when draws were last counted.</summary>
    internal Span<int> Risen => _risen;

    /// <summary>How many are kept.</summary>
    internal int Count { get; set; }

    internal void Begin(in SlateProblem problem)
    {
        int candidates = problem.Utilities.Length;
        int most = Math.Min(candidates, problem.Explore.Top + (problem.Explore.New?.Take ?? 0)) + 1;
        RankBuffers.Of(ref _kept, most);
        RankBuffers.Of(ref _values, most);
        RankBuffers.Of(ref _probabilities, most);
        RankBuffers.Of(ref _wins, most);
        RankBuffers.Of(ref _allWins, candidates);
        RankBuffers.Of(ref _costs, candidates);
        RankBuffers.Of(ref _keptAt, candidates).Clear();
        Span<int> positions = RankBuffers.Of(ref _positions, candidates);
        for (int i = 0; i < problem.Order.Length; i++) positions[problem.Order[i]] = i;
        RankBuffers.Of(ref _costsBefore, candidates).Fill(double.PositiveInfinity);
        RankBuffers.Of(ref _risen, candidates);
        RankBuffers.Of(ref _winners, candidates == 0 ? 0 : problem.Draws.Length / candidates).Fill(-1);
        Feasible.Begin(problem);
        Likeness.Begin(problem);
    }

    /// <summary>Puts a candidate among the kept from <paramref name="first"/> on, of which at most <paramref name="most"/> remain; equal ones stay in the order they came in.</summary>
    internal void Insert(int candidate, double value, int first, int most)
    {
        int at = Count - first < most ? Count++ : Count - 1;
        for (; at > first && _values[at - 1] < value; at--) (_kept[at], _values[at]) = (_kept[at - 1], _values[at - 1]);
        (_kept[at], _values[at]) = (candidate, value);
    }
}
