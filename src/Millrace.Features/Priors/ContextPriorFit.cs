using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal.Facts;

namespace Millrace.Features.Priors;

/// <summary>Fits the prior of a rate in a context to what items earned in all contexts. Items go in ordinal order of id: neither rows nor the order of facts leave a trace.</summary>
internal sealed class ContextPriorFit
{
    /// <summary>A context with fewer trials has no factors of its own: they would say little.</summary>
    private const double LeastTrials = 50;

    private const double OneInMicros = 1e6;
    private const double PartOfStanding = 0.01;
    private const double PartOfWorth = 0.1;

    private readonly ContextRateFeature _rate;
    private readonly FeatureSnapshot _snapshot;
    private readonly List<(int Item, int Row, ulong Context, double Successes, double Trials)> _counts = [];
    private readonly int _items;

    private ContextPriorFit(FeatureSnapshot snapshot, ContextRateFeature rate)
    {
        (_rate, _snapshot) = (rate, snapshot);
        var counts = new Dictionary<CrossKey, (double Successes, double Trials)>();
        foreach (var (key, count) in snapshot.State<CrossedCounts.Frozen>(rate.PerState).Counts)
        {
            counts[key] = (0, count / rate.Unit);
        }

        foreach (var (key, count) in snapshot.State<CrossedCounts.Frozen>(rate.OfState).Counts)
        {
            // What was never shown within the window has no rate.
            if (counts.TryGetValue(key, out var trials))
            {
                counts[key] = (count, trials.Trials);
            }
        }

        var last = -1;
        foreach (var (key, (successes, trials)) in counts
            .Where(pair => snapshot.Known(pair.Key.Row) is not null)
            .OrderBy(pair => snapshot.Item(pair.Key.Row).Id, StringComparer.Ordinal).ThenBy(pair => pair.Key.Value))
        {
            _items += key.Row == last ? 0 : 1;
            last = key.Row;
            _counts.Add((_items - 1, key.Row, key.Value, successes, trials));
        }
    }

    /// <summary>The prior to be recorded; null where fewer than two items were tried, or their rate is 0 or 1. The caller gives it its id and tenant.</summary>
    internal static PriorFitted? Fit(FeatureSnapshot snapshot, ContextRateFeature rate)
    {
        var fit = new ContextPriorFit(snapshot, rate);
        var mean = fit._counts.Sum(entry => entry.Successes) / fit._counts.Sum(entry => entry.Trials);
        return fit._items >= 2 && mean is > 0 and < 1 ? fit.Fit() : null;
    }

    /// <summary>
    /// Whether a fit is worth a fact: the rates that it gives to groups differ, in the mean, by more than a part in a hundred from those that stand, or a worth by a tenth. A cell that came
    /// or went is one whose factor was 1 or is.
    /// </summary>
    internal static bool HasMoved(ContextPriorTable? standing, PriorFitted fit)
    {
        if (standing is null || IsFar(standing.Fact.ItemWorthMicros, fit.ItemWorthMicros) || IsFar(standing.Fact.HereWorthMicros, fit.HereWorthMicros))
        {
            return true;
        }

        var before = standing.Fact.Cells.ToDictionary(KeyOf, cell => (double)cell.FactorMicros);
        var now = fit.Cells.Select(KeyOf).ToHashSet();
        PriorCell[] gone = [.. standing.Fact.Cells.Where(cell => !now.Contains(KeyOf(cell)))];
        var moved = fit.Cells.Sum(cell => Math.Abs((cell.FactorMicros / before.GetValueOrDefault(KeyOf(cell), OneInMicros)) - 1))
            + gone.Sum(cell => Math.Abs((OneInMicros / cell.FactorMicros) - 1));
        return moved > PartOfStanding * (fit.Cells.Length + gone.Length) || Math.Abs((MeanOf(fit) / MeanOf(standing.Fact)) - 1) > PartOfStanding;
    }

    private static PriorCell KeyOf(PriorCell cell) => cell with { FactorMicros = 0 };

    private static bool IsFar(long standing, long fit) => Math.Abs(fit - standing) > standing * PartOfWorth;

    private static double MeanOf(PriorFitted prior) => prior.AlphaMicros / ((double)prior.AlphaMicros + prior.BetaMicros);

    private PriorFitted Fit()
    {
        var declared = _rate.Declared;
        HashSet<ulong> contexts =
        [
            .. _counts.GroupBy(entry => entry.Context, entry => entry.Trials)
                .Select(group => (Context: group.Key, Trials: group.Sum()))
                .Where(context => context.Trials >= LeastTrials && declared?.Contains(context.Context) != false)
                .OrderByDescending(context => context.Trials).ThenBy(context => context.Context)
                .Take(ContextPriorTable.MostContexts)
                .Select(context => context.Context),
        ];

        // What all contexts together say stands for those that have no factors of their own; before any has, it is all there is.
        var all = new CellSet(_rate, _snapshot, _counts, _ => 0);
        var known = _counts.Where(entry => contexts.Contains(entry.Context)).ToArray();
        var own = new CellSet(_rate, _snapshot, known.Length == 0 ? _counts : known, context => known.Length == 0 ? 0 : context);
        all.Keep(ContextPriorTable.MostCells / 4);
        own.Keep(ContextPriorTable.MostCells - all.Count);
        var factors = own.Factors(_items);
        factors.Fit();
        var rest = all.Factors(_items);
        rest.FitCells(factors);

        var worth = 1 / ((1 / factors.ItemWorth) + (1 / factors.HereWorth));
        return new PriorFitted
        {
            Id = "",
            State = _rate.PriorState.ToString(),
            Version = (_snapshot.State<ContextPrior.Frozen>(_rate.PriorState).Table?.Fact.Version ?? 0) + 1,
            AlphaMicros = Micros(worth),
            BetaMicros = Micros(worth * ((1 / Math.Min(factors.Base, 0.95)) - 1)),
            ItemWorthMicros = Micros(factors.ItemWorth),
            HereWorthMicros = Micros(factors.HereWorth),
            Cells = known.Length == 0 ? own.Cells(factors) : [.. all.Cells(rest), .. own.Cells(factors)],
            LeftOut = known.Length == 0 ? own.LeftOut : all.LeftOut + own.LeftOut,
        };
    }

    private static long Micros(double value) => Math.Max(1, (long)Math.Floor((value * OneInMicros) + 0.5));

    /// <summary>The cells of some entries: contexts, and groups of items in them.</summary>
    private sealed class CellSet
    {
        private readonly ContextTrials[] _entries;
        private readonly List<(ulong Context, int Level, uint Group)> _keys = [];
        private readonly List<int> _cells = [];
        private readonly List<int> _first = [];
        private readonly int _levels;
        private readonly Dictionary<(ulong, int, uint), int> _index = [];
        private readonly List<double> _trials = [];
        private int[] _kept = [];

        internal CellSet(
            ContextRateFeature rate, FeatureSnapshot snapshot, IReadOnlyCollection<(int Item, int Row, ulong Context, double Successes, double Trials)> counts, Func<ulong, ulong> contextOf)
        {
            var groups = rate.GroupStates.Select(snapshot.State<CatalogueState.Frozen>).ToArray();
            _levels = groups.Length + 1;
            _entries = [.. counts.Select(entry => new ContextTrials(entry.Item, entry.Successes, entry.Trials))];
            foreach (var (_, row, value, _, trials) in counts)
            {
                var context = contextOf(value);
                _first.Add(_cells.Count);
                Add(context, 0, 0, trials);
                for (var level = 0; level < groups.Length; level++)
                {
                    _first.Add(_cells.Count);
                    foreach (var group in groups[level].Of(snapshot.Cells(row)))
                    {
                        if (group != 0)
                        {
                            Add(context, level + 1, group, trials);
                        }
                    }
                }
            }

            _first.Add(_cells.Count);
        }

        /// <summary>How many cells are kept.</summary>
        internal int Count => _kept.Length;

        /// <summary>How many are not.</summary>
        internal int LeftOut => _keys.Count - _kept.Length;

        /// <summary>Keeps the contexts, and the groups with most trials.</summary>
        internal void Keep(int most) => _kept =
        [
            .. Enumerable.Range(0, _keys.Count)
                .OrderBy(cell => _keys[cell].Level == 0 ? 0 : 1).ThenByDescending(cell => _trials[cell]).ThenBy(cell => _keys[cell])
                .Take(most).OrderBy(cell => _keys[cell]),
        ];

        internal RateFactors Factors(int items)
        {
            var place = new int[_keys.Count];
            place.AsSpan().Fill(-1);
            for (var at = 0; at < _kept.Length; at++)
            {
                place[_kept[at]] = at;
            }

            return new RateFactors(items, _entries, [.. _cells.Select(cell => place[cell])], [.. _first], _levels, [.. _kept.Select(cell => _keys[cell].Level)]);
        }

        internal ImmutableArray<PriorCell> Cells(RateFactors factors)
        {
            var cells = ImmutableArray.CreateBuilder<PriorCell>(_kept.Length);
            for (var at = 0; at < _kept.Length; at++)
            {
                var (context, level, group) = _keys[_kept[at]];
                cells.Add(new PriorCell(context, level, group, Micros(factors.Factors[at])));
            }

            return cells.MoveToImmutable();
        }

        private void Add(ulong context, int level, uint group, double trials)
        {
            if (!_index.TryGetValue((context, level, group), out var cell))
            {
                cell = _index[(context, level, group)] = _keys.Count;
                _keys.Add((context, level, group));
                _trials.Add(0);
            }

            _trials[cell] += trials;
            _cells.Add(cell);
        }
    }
}
