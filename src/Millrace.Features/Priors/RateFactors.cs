namespace Millrace.Features.Priors;

/// <summary>What one item earned in one context.</summary>
/// <param name="Item">Its number.</param>
/// <param name="Successes">At least 0.</param>
/// <param name="Trials">Above 0.</param>
internal readonly record struct ContextTrials(int Item, double Successes, double Trials);

/// <summary>
/// Takes rates of items in contexts apart: rate = base × the item's quality × for each level the mean of the factors of the item's cells there. A cell is a context, or a group of items
/// in one. Each factor is drawn to 1 by a prior whose worth is how little factors of its level differ. Each in turn is what was counted by what all others lead to expect: indirect
/// standardisation, so that a group does not pass for good because its best items were shown most, nor an item because its audience clicks much. Successes of an item of several
/// groups are theirs in proportion to their factors (the EM step of a mixture). Sums are in the order of the entries.
/// </summary>
internal sealed class RateFactors
{
    /// <summary>Factors stand to three digits by then, in all worlds that were tried.</summary>
    private const int Rounds = 12;

    /// <summary>What an item's quality takes to be believed half before anything says how much items differ.</summary>
    private const double UsualItemWorth = 2;

    /// <summary>Likewise of what an item is in one context beside the others.</summary>
    private const double UsualHereWorth = 10;

    private readonly ContextTrials[] _entries;
    private readonly int[] _cells;
    private readonly int[] _first;
    private readonly int _levels;
    private readonly int[] _levelOf;
    private readonly double[] _expected;
    private readonly double[] _counted;
    private readonly double[] _factors;
    private readonly Gap[] _items;
    private readonly bool[] _tried;
    private readonly double[] _quality;

    /// <param name="items">How many items there are.</param>
    /// <param name="entries">What they earned.</param>
    /// <param name="cells">By entry and level, cells of it; −1 for a group without one, whose factor is 1.</param>
    /// <param name="first">Where the cells of entry × levels + level begin; one more for the end.</param>
    /// <param name="levels">How many levels there are.</param>
    /// <param name="levelOf">The level of each cell.</param>
    internal RateFactors(int items, ContextTrials[] entries, int[] cells, int[] first, int levels, int[] levelOf)
    {
        (_entries, _cells, _first, _levels, _levelOf) = (entries, cells, first, levels, levelOf);
        (_expected, _counted, _factors) = (new double[levelOf.Length], new double[levelOf.Length], new double[levelOf.Length]);
        (_items, _tried, _quality) = (new Gap[items], new bool[items], new double[items]);
        _factors.AsSpan().Fill(1);
        _quality.AsSpan().Fill(1);
        foreach (var entry in entries)
        {
            _tried[entry.Item] = true;
        }
    }

    /// <summary>The rate of an item of mean quality where all factors are 1.</summary>
    internal double Base { get; private set; }

    internal double ItemWorth { get; private set; } = UsualItemWorth;

    internal double HereWorth { get; private set; } = UsualHereWorth;

    /// <summary>By cell.</summary>
    internal ReadOnlySpan<double> Factors => _factors;

    internal void Fit()
    {
        Base = _entries.Sum(entry => entry.Successes) / _entries.Sum(entry => entry.Trials);
        for (var round = 0; round < Rounds; round++)
        {
            FitItems();
            for (var level = 0; level < _levels; level++)
            {
                FitLevel(level);
            }
        }

        FitItems();
        HereWorth = Dispersion.Worth(HereGaps()) ?? UsualHereWorth;
    }

    /// <summary>Factors of the cells of all levels from entries whose items' qualities were fitted elsewhere.</summary>
    internal void FitCells(RateFactors of)
    {
        Base = of.Base;
        of._quality.CopyTo(_quality, 0);
        for (var round = 0; round < Rounds; round++)
        {
            for (var level = 0; level < _levels; level++)
            {
                FitLevel(level);
            }
        }
    }

    private void FitItems()
    {
        Array.Clear(_items);
        for (var e = 0; e < _entries.Length; e++)
        {
            ref readonly var entry = ref _entries[e];
            ref var item = ref _items[entry.Item];
            item = new Gap(item.Successes + entry.Successes, item.Expected + (entry.Trials * Base * FactorOf(e)));
        }

        ItemWorth = Dispersion.Worth(_items) ?? UsualItemWorth;
        var (sum, tried) = (0.0, 0);
        for (var i = 0; i < _items.Length; i++)
        {
            _quality[i] = (_items[i].Successes + ItemWorth) / (_items[i].Expected + ItemWorth);
            (sum, tried) = _tried[i] ? (sum + _quality[i], tried + 1) : (sum, tried);
        }

        // Qualities are about 1: what all have in common is the base's. Each item counts once, however often it was shown: those shown most are the good ones.
        var mean = sum / tried;
        Base *= mean;
        foreach (ref var quality in _quality.AsSpan())
        {
            quality /= mean;
        }
    }

    private void FitLevel(int level)
    {
        Array.Clear(_expected);
        Array.Clear(_counted);
        for (var e = 0; e < _entries.Length; e++)
        {
            var (from, to) = CellsOf(e, level);
            if (from == to)
            {
                continue;
            }

            ref readonly var entry = ref _entries[e];
            var own = MeanOf(from, to);
            var others = entry.Trials * Base * _quality[entry.Item] * FactorOf(e) / own / (to - from);
            var each = entry.Successes / own / (to - from);
            for (var at = from; at < to; at++)
            {
                if (_cells[at] is >= 0 and var cell)
                {
                    _expected[cell] += others;
                    _counted[cell] += each * _factors[cell];
                }
            }
        }

        var gaps = new List<Gap>();
        for (var cell = 0; cell < _levelOf.Length; cell++)
        {
            if (_levelOf[cell] == level)
            {
                gaps.Add(new Gap(_counted[cell], _expected[cell]));
            }
        }

        var worth = Dispersion.Worth(gaps.ToArray()) ?? Dispersion.Most;
        for (var cell = 0; cell < _levelOf.Length; cell++)
        {
            if (_levelOf[cell] == level)
            {
                _factors[cell] = (_counted[cell] + worth) / (_expected[cell] + worth);
            }
        }
    }

    /// <summary>What each entry earned beside what its item earned in all other contexts leads to expect here.</summary>
    private Gap[] HereGaps()
    {
        var gaps = new Gap[_entries.Length];
        for (var e = 0; e < gaps.Length; e++)
        {
            ref readonly var entry = ref _entries[e];
            var here = entry.Trials * Base * FactorOf(e);
            var item = _items[entry.Item];
            var elsewhere = ItemWorth + item.Successes - entry.Successes;
            gaps[e] = new Gap(entry.Successes, here * elsewhere / (ItemWorth + Math.Max(0, item.Expected - here)), 1 / elsewhere);
        }

        return gaps;
    }

    private double FactorOf(int entry)
    {
        var factor = 1.0;
        for (var level = 0; level < _levels; level++)
        {
            var (from, to) = CellsOf(entry, level);
            factor *= from == to ? 1 : MeanOf(from, to);
        }

        return factor;
    }

    private double MeanOf(int from, int to)
    {
        var sum = 0.0;
        for (var at = from; at < to; at++)
        {
            sum += _cells[at] is >= 0 and var cell ? _factors[cell] : 1;
        }

        return sum / (to - from);
    }

    private (int From, int To) CellsOf(int entry, int level) => (_first[(entry * _levels) + level], _first[(entry * _levels) + level + 1]);
}
