using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal.Facts;

namespace Millrace.Features.Priors;

/// <summary>A fitted prior of a rate in a context, as it is read: base × the context's factor × for each level the mean of the factors of an item's groups there.</summary>
internal sealed class ContextPriorTable
{
    /// <summary>So many contexts have factors of their own.</summary>
    internal const int MostContexts = 64;

    /// <summary>So many cells are recorded: a fact of some 70 kB.</summary>
    internal const int MostCells = 4_096;

    /// <summary>The most parts of items that make groups.</summary>
    internal const int MostLevels = 4;

    private const double Micro = 1e-6;

    private readonly ulong[] _contexts;
    private readonly double[] _base;
    private readonly Dictionary<ulong, double[]> _groups = [];

    internal ContextPriorTable(PriorFitted fact)
    {
        Fact = fact;
        ItemWorth = fact.ItemWorthMicros * Micro;
        HereWorth = fact.HereWorthMicros * Micro;
        _contexts = [.. fact.Cells.Where(cell => cell is { Level: 0, Context: not 0 }).Select(cell => cell.Context).Distinct().Order()];
        _base = Factors();
        foreach (var cell in fact.Cells)
        {
            var factors = _base;
            if (cell.Level != 0 && !_groups.TryGetValue(KeyOf(cell.Level, cell.Group), out factors))
            {
                factors = _groups[KeyOf(cell.Level, cell.Group)] = Factors();
            }

            if (cell.Context == 0 || IndexOf(cell.Context) != Rest)
            {
                factors![IndexOf(cell.Context)] = cell.FactorMicros * Micro;
            }
        }

        var mean = fact.AlphaMicros / ((double)fact.AlphaMicros + fact.BetaMicros);
        foreach (ref var rate in _base.AsSpan())
        {
            rate *= mean;
        }
    }

    /// <summary>What was recorded.</summary>
    internal PriorFitted Fact { get; }

    internal double ItemWorth { get; }

    internal double HereWorth { get; }

    /// <summary>Contexts that have factors of their own, in order.</summary>
    internal ReadOnlySpan<ulong> Contexts => _contexts;

    /// <summary>Where the factors of all other contexts stand, behind those of <see cref="Contexts"/>.</summary>
    internal int Rest => _contexts.Length;

    /// <summary>Where the factors of a context stand.</summary>
    internal int IndexOf(ulong context) => Array.BinarySearch(_contexts, context) is >= 0 and var index ? index : Rest;

    /// <summary>The rate of an item of mean quality in a context.</summary>
    internal double Rate(int context, CellRow row, ReadOnlySpan<CatalogueState.Frozen> groups)
    {
        var rate = _base[context];
        for (var level = 0; level < groups.Length; level++)
        {
            var (sum, count) = (0.0, 0);
            for (var at = groups[level].At; at < groups[level].At + groups[level].Cells && row[at] != 0; at++)
            {
                sum += _groups.TryGetValue(KeyOf(level + 1, row[at]), out var factors) ? factors[context] : 1;
                count++;
            }

            rate *= count == 0 ? 1 : sum / count;
        }

        return rate;
    }

    /// <summary>Likewise in all contexts that have factors of their own.</summary>
    internal void Rates(CellRow row, ReadOnlySpan<CatalogueState.Frozen> groups, Span<double> rates)
    {
        rates = rates[..Rest];
        _base.AsSpan(0, Rest).CopyTo(rates);
        Span<double> sums = stackalloc double[Rest];
        for (var level = 0; level < groups.Length; level++)
        {
            var count = 0;
            sums.Clear();
            for (var at = groups[level].At; at < groups[level].At + groups[level].Cells && row[at] != 0; at++)
            {
                var known = _groups.TryGetValue(KeyOf(level + 1, row[at]), out var factors);
                for (var c = 0; c < sums.Length; c++)
                {
                    sums[c] += known ? factors![c] : 1;
                }

                count++;
            }

            for (var c = 0; c < sums.Length && count > 0; c++)
            {
                rates[c] *= sums[c] / count;
            }
        }
    }

    private static ulong KeyOf(int level, uint group) => ((ulong)level << 32) | group;

    private double[] Factors()
    {
        var factors = new double[_contexts.Length + 1];
        factors.AsSpan().Fill(1);
        return factors;
    }
}
