using System.Collections.Immutable;
using Millrace.Features.Numerics;

namespace Millrace.Models.Posteriors;

/// <summary>One item's evidence of a rate, and the groups that it belongs to.</summary>
/// <param name="Successes">At least 0.</param>
/// <param name="Trials">At least 0, and any real number: windows decay. Fewer than successes, as where a click outlives its impression, count as so many; 0 says nothing.</param>
/// <param name="Groups">By level (provider, topic, kind): the group's name; null where it has none.</param>
public readonly record struct GroupedTrials(double Successes, double Trials, ImmutableArray<string?> Groups);

/// <summary>
/// What is believed of the rate of an item before it was tried: Beta(worth × mean, worth × (1 − mean)), where the mean begins at the rate of all and is moved by each group that
/// the item belongs to, as far as the group's own trials and the spread between groups of its level carry. Moves add up in logits, so that levels that say the same thing of other
/// items do not push a rate out of (0, 1). How much groups and items differ is fitted by moments for the beta-binomial distribution (Kleinman, JASA 1973).
/// </summary>
public sealed class HierarchicalPrior
{
    /// <summary>A worth beyond which items or groups count as all alike.</summary>
    private const double MostWorth = 1_000_000;

    private const double LeastWorth = 1;

    /// <summary>No rate is believed to be nearer to 0 or 1: both parameters of a prior stay above 0.</summary>
    private const double LeastRate = 1e-9;

    /// <summary>With fewer trials beyond the first of each item or group, nothing says how alike two trials of one are.</summary>
    private const double LeastRepeats = 1;

    private readonly double _logit;
    private readonly ImmutableArray<ImmutableSortedDictionary<string, double>> _moves;

    private HierarchicalPrior(double mean, double worth, ImmutableArray<ImmutableSortedDictionary<string, double>> moves)
    {
        (Mean, Worth, _moves) = (mean, worth, moves);
        _logit = Logit(mean);
    }

    /// <summary>The rate of all items.</summary>
    public double Mean { get; }

    /// <summary>How many trials the prior of one item is worth.</summary>
    public double Worth { get; }

    /// <summary>Fits it; null when there are not two items with trials, or their rate is 0 or 1.</summary>
    /// <param name="items">All items, in an order that is always the same: sums are of doubles.</param>
    /// <param name="levels">How many groups each names.</param>
    public static HierarchicalPrior? Fit(IReadOnlyCollection<GroupedTrials> items, int levels)
    {
        GroupedTrials[] tried = [.. items.Select(item => item with { Trials = Math.Max(item.Trials, item.Successes) }).Where(item => item.Trials > 0)];
        var all = Moments.Of(tried.Select(item => (item.Successes, item.Trials)));
        if (tried.Length < 2 || all.Mean is not (> 0 and < 1))
        {
            return null;
        }

        var moves = Enumerable.Range(0, levels).Select(level => MovesOf(tried, level, all.Mean)).ToImmutableArray();
        var groups = new HierarchicalPrior(all.Mean, LeastWorth, moves);

        // What items differ by beside their own groups' means, not beside the rate of all.
        var (over, spread) = (0.0, 0.0);
        foreach (var item in tried)
        {
            var mean = groups.MeanOf(item.Groups);
            var gap = item.Successes - (item.Trials * mean);
            over += gap * gap / (item.Trials * mean * (1 - mean));
            spread += item.Trials - 1;
        }

        // E[gap² ÷ (n·m·(1 − m))] = 1 + (n − 1)·correlation.
        return new HierarchicalPrior(all.Mean, WorthOf(over - tried.Length, spread), moves);
    }

    /// <summary>The mean rate of an item of these groups that was never tried.</summary>
    /// <param name="groups">By level; one that nobody was of moves nothing.</param>
    public double MeanOf(ImmutableArray<string?> groups)
    {
        var logit = _logit;
        for (var level = 0; level < _moves.Length; level++)
        {
            logit += groups[level] is { } group ? _moves[level].GetValueOrDefault(group) : 0;
        }

        return Math.Clamp(1 / (1 + Deterministic.Exp(-logit)), LeastRate, 1 - LeastRate);
    }

    private static ImmutableSortedDictionary<string, double> MovesOf(GroupedTrials[] tried, int level, double mean)
    {
        var sums = new SortedDictionary<string, (double Successes, double Trials)>(StringComparer.Ordinal);
        foreach (var item in tried)
        {
            if (item.Groups[level] is { } group)
            {
                var (successes, trials) = sums.GetValueOrDefault(group);
                sums[group] = (successes + item.Successes, trials + item.Trials);
            }
        }

        var worth = sums.Count < 2 ? MostWorth : Moments.Of(sums.Values).Worth;
        return sums.ToImmutableSortedDictionary(
            pair => pair.Key,
            pair => Logit((pair.Value.Successes + (worth * mean)) / (pair.Value.Trials + worth)) - Logit(mean),
            StringComparer.Ordinal);
    }

    /// <summary>The worth by the correlation of two trials of one: what rates spread beyond chance, of what they would where all trials of one were the same.</summary>
    private static double WorthOf(double beyondChance, double repeats) =>
        repeats >= LeastRepeats && beyondChance > 0 ? Math.Clamp((repeats / beyondChance) - 1, LeastWorth, MostWorth) : MostWorth;

    private static double Logit(double rate) => Deterministic.Log(rate / (1 - rate));

    /// <summary>The moments of rates of several sizes.</summary>
    private readonly record struct Moments(int Count, double Successes, double Trials, double Squares, double Over)
    {
        internal double Mean => Trials > 0 ? Successes / Trials : 0;

        /// <summary>By how alike two trials of one are beside two of different ones.</summary>
        internal double Worth
        {
            get
            {
                var spread = (Over - (Trials * Mean * Mean)) / (Mean * (1 - Mean));
                return WorthOf(spread - (Count - 1), Trials - (Squares / Trials) - (Count - 1));
            }
        }

        internal static Moments Of(IEnumerable<(double Successes, double Trials)> rates) => rates.Aggregate(default(Moments), (sum, rate) => new Moments(
            sum.Count + 1, sum.Successes + rate.Successes, sum.Trials + rate.Trials, sum.Squares + (rate.Trials * rate.Trials), sum.Over + (rate.Successes * rate.Successes / rate.Trials)));
    }
}
