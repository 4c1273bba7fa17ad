using System.Collections.Immutable;
using System.Globalization;

namespace Millrace.Learning.Training.Search;

/// <summary>
/// Seeded random search with successive halving (Jamieson and Talwalkar 2016): all draws train a ninth of the rounds, the best third of them a third, the best third of those all. Every
/// training is recorded; how many draws and how much time it takes are bounded. What is given, undrawn, is always among them and goes to the end, so that a search is never worse than none.
/// </summary>
internal sealed class HalvingSearch(BinnedSlices data, TrainingSettings settings, ImmutableArray<SearchRange> ranges, int trials, TimeSpan time, TimeProvider clock)
{
    private const int Kept = 3;
    private readonly List<Trial> _done = [];
    private readonly long _began = clock.GetTimestamp();
    private bool _rises;

    /// <summary>Every training, in order.</summary>
    public IReadOnlyList<Trial> Done => _done;

    /// <summary>Whether time ran out before all were done.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Takes each trial when it is done; null for nobody.</summary>
    public Action<Trial>? Progress { get; init; }

    /// <summary>The settings with the parameters that did best with all rounds, or with the most that were had in time.</summary>
    /// <exception cref="TrainingException">A range is of what cannot be searched, or there is no slice to judge by.</exception>
    internal TrainingSettings Run(LightGbm.LightGbmBooster? first, CancellationToken cancellation)
    {
        var left = Enumerable.Range(0, Math.Max(1, trials)).ToList();
        foreach (var part in (int[])[Kept * Kept, Kept, 1])
        {
            var rounds = Math.Max(1, settings.Rounds / part);
            var judged = left.Select(number => Train(number, rounds, first, cancellation)).OfType<Trial>().ToArray();
            var ordered = (_rises ? judged.OrderByDescending(trial => trial.Value) : judged.OrderBy(trial => trial.Value)).ThenBy(trial => trial.Number).Select(trial => trial.Number);
            left = [.. ordered.Take((left.Count + Kept - 1) / Kept).Append(0).Distinct().Order()];
        }

        var longest = _done.Max(trial => trial.Rounds);
        var last = _done.Where(trial => trial.Rounds == longest);
        var best = _rises ? last.MaxBy(trial => trial.Value)! : last.MinBy(trial => trial.Value)!;
        return With(best.Parameters);
    }

    private Trial? Train(int number, int rounds, LightGbm.LightGbmBooster? first, CancellationToken cancellation)
    {
        if (_done.Count > 0 && clock.GetElapsedTime(_began) >= time)
        {
            IsCut = true;
            return null;
        }

        var drawn = number == 0
            ? ImmutableSortedDictionary<string, string>.Empty
            : ranges.Select((range, place) => (range.Name, Value: range.Draw((ulong)settings.Seed, number, place))).ToImmutableSortedDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);
        var forest = new ForestTrainer(data, With(drawn) with { Rounds = rounds }).Train(first, null, cancellation);
        if (forest.Curve.Best == 0)
        {
            throw new TrainingException("a search needs a later slice to judge by, and there are no examples in it");
        }

        _rises = forest.Curve.Rises;
        var trial = new Trial(number, rounds, drawn, forest.Curve.Valid[forest.Curve.Best - 1][forest.Curve.StopBy], forest.Curve.Best);
        _done.Add(trial);
        Progress?.Invoke(trial);
        return trial;
    }

    private TrainingSettings With(ImmutableSortedDictionary<string, string> drawn)
    {
        var rate = drawn.TryGetValue("learning_rate", out var text) ? settings.Rate with { Start = double.Parse(text, CultureInfo.InvariantCulture) } : settings.Rate;
        return settings with { Rate = rate, Other = settings.Other.SetItems(drawn.Remove("learning_rate")) };
    }
}
