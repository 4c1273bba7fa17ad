using System.Runtime.InteropServices;
using Millrace.Features.Numerics;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>
/// A model of rewards by cell, a context with an action: (Σ rewards + prior × mean) / (n + prior). Cross-fitted: with two folds or more nobody's rewards are in what the model says of that person, so that DR's error stays of
/// second order whatever the model (Chernozhukov et al. 2018). With one fold a cell's own rewards are in its word.
/// </summary>
/// <param name="folds">Of persons.</param>
/// <param name="prior">How many rewards of the mean stand in each cell.</param>
internal sealed class TabularModel(int folds, double prior = TabularModel.UsualPrior)
{
    public const double UsualPrior = 100;

    /// <summary>Cells beyond these are one: about 400 MB.</summary>
    private const int Most = 4_000_000;

    private readonly Dictionary<ulong, Cell[]> _cells = [];
    private readonly Cell[] _all = new Cell[folds];

    /// <summary>Learns a reward.</summary>
    public void Add(ulong person, ulong cell, double reward)
    {
        var fold = Fold(person);
        _all[fold] = _all[fold].With(reward);
        if (_cells.Count < Most || _cells.ContainsKey(cell))
        {
            ref var at = ref CollectionsMarshal.GetValueRefOrAddDefault(_cells, cell, out _);
            at ??= new Cell[folds];
            at[fold] = at[fold].With(reward);
        }
    }

    /// <summary>Whether any reward of the cell was seen, of whomever.</summary>
    public bool Has(ulong cell) => _cells.ContainsKey(cell);

    /// <summary>What the model says of a cell to a person.</summary>
    public double Word(ulong person, ulong cell)
    {
        var but = folds == 1 ? -1 : Fold(person);
        var all = Sum(_all, but);
        var mean = all.Count > 0 ? all.Rewards / all.Count : 0;
        var own = _cells.TryGetValue(cell, out var found) ? Sum(found, but) : default;
        return (own.Rewards + (prior * mean)) / (own.Count + prior);
    }

    private static Cell Sum(Cell[] cells, int but)
    {
        var (count, rewards) = (0.0, 0.0);
        for (var fold = 0; fold < cells.Length; fold++)
        {
            if (fold != but)
            {
                count += cells[fold].Count;
                rewards += cells[fold].Rewards;
            }
        }

        return new Cell(count, rewards);
    }

    private int Fold(ulong person) => (int)(Philox.Draw(0, person, 0).Item1 % (ulong)folds);

    private readonly record struct Cell(double Count, double Rewards)
    {
        public Cell With(double reward) => new(Count + 1, Rewards + reward);
    }
}
