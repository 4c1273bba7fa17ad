using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.Ranking;

/// <summary>
/// What lists do to a catalogue, whoever likes them: coverage, Gini, novelty, popularity, the long tail's share, diversity within a list. Coverage and Gini have no interval: a replicate that holds fewer
/// persons shows fewer items, so that the bootstrap is biased for both. Memory is one number per item.
/// </summary>
internal sealed class ListTally
{
    private readonly ulong _seed;
    private readonly double[] _counts;
    private readonly double[] _popularity;
    private readonly bool[] _tail;
    private readonly long[] _shown;
    private readonly double _persons;
    private readonly ClusteredRatio _novelty;
    private readonly ClusteredRatio _popular;
    private readonly ClusteredRatio _tailShare;
    private readonly ClusteredRatio _diversity;
    private readonly ClusteredRatio _profile;

    /// <param name="popularity">By item of the catalogue: how many persons acted on it in the training data.</param>
    /// <param name="persons">How many persons the training data have.</param>
    /// <param name="seed">Of the draws.</param>
    /// <param name="tailMass">The long tail is the least popular items that together hold this share of the actions.</param>
    /// <param name="replicates">Of the bootstrap, beside the data itself.</param>
    public ListTally(ReadOnlySpan<int> popularity, int persons, ulong seed, double tailMass = 0.2, int replicates = 200)
    {
        _seed = seed;
        _persons = persons;
        _counts = new double[replicates + 1];
        _popularity = new double[popularity.Length];
        _shown = new long[popularity.Length];
        for (var i = 0; i < popularity.Length; i++)
        {
            _popularity[i] = popularity[i];
        }

        _tail = Tail(_popularity, tailMass);
        (_novelty, _popular, _tailShare, _diversity, _profile) = (Ratio(), Ratio(), Ratio(), Ratio(), Ratio());
    }

    /// <summary>Adds one list.</summary>
    /// <param name="person">Whose.</param>
    /// <param name="list">Items by rank, by their place in the catalogue.</param>
    /// <param name="profile">What the person acted on before; lists of persons without are left out of <see cref="PopularityLift"/>.</param>
    /// <param name="similarity">Of two items, 0 to 1; null where diversity is not asked for.</param>
    public void Add(ulong person, ReadOnlySpan<int> list, ReadOnlySpan<int> profile, Func<int, int, double>? similarity = null)
    {
        if (list.IsEmpty)
        {
            return;
        }

        PersonBootstrap.Draw(_seed, person, _counts);
        var (novelty, popular, tail) = (0.0, 0.0, 0.0);
        foreach (var item in list)
        {
            _shown[item]++;

            // An item that nobody acted on is as surprising as one that half a person did.
            novelty -= Math.Log2(Math.Max(_popularity[item], 0.5) / _persons);
            popular += _popularity[item];
            tail += _tail[item] ? 1 : 0;
        }

        _novelty.Add(_counts, novelty, list.Length);
        _tailShare.Add(_counts, tail, list.Length);
        if (!profile.IsEmpty)
        {
            _popular.Add(_counts, popular / list.Length);
            _profile.Add(_counts, MeanPopularity(profile));
        }

        if (similarity is not null && list.Length > 1)
        {
            _diversity.Add(_counts, Dissimilarity(list, similarity));
        }
    }

    /// <summary>The share of the catalogue that was in some list.</summary>
    public double Coverage => _shown.Length == 0 ? double.NaN : _shown.Count(shown => shown > 0) / (double)_shown.Length;

    /// <summary>How unevenly the catalogue was shown: 0 all alike, towards 1 one item alone; NaN when nothing was.</summary>
    public double Gini()
    {
        long[] sorted = [.. _shown.Order()];
        var (sum, weighed) = (0.0, 0.0);
        for (var i = 0; i < sorted.Length; i++)
        {
            sum += sorted[i];
            weighed += ((2.0 * (i + 1)) - sorted.Length - 1) * sorted[i];
        }

        return weighed / (sorted.Length * sum);
    }

    /// <summary>The mean self-information of what was shown, −log₂ of the share of persons who knew it, in bits (Zhou et al., PNAS 2010).</summary>
    public Estimate Novelty() => _novelty.Estimate();

    /// <summary>The share of places that the long tail held.</summary>
    public Estimate TailShare() => _tailShare.Estimate();

    /// <summary>The mean of 1 − similarity over all pairs of a list (Ziegler et al., WWW 2005).</summary>
    public Estimate Diversity() => _diversity.Estimate();

    /// <summary>By how much the mean popularity of lists exceeds that of what their persons liked, as a share of the latter (Abdollahpouri et al. 2019): 0 where taste is mirrored.</summary>
    public Estimate PopularityLift()
    {
        var (lists, profiles) = (_popular.Values(), _profile.Values());
        return Estimate.Of([.. lists.Select((value, b) => (value - profiles[b]) / profiles[b])], _profile.Support);
    }

    private ClusteredRatio Ratio() => new(_counts.Length);

    private double MeanPopularity(ReadOnlySpan<int> items)
    {
        var sum = 0.0;
        foreach (var item in items)
        {
            sum += _popularity[item];
        }

        return sum / items.Length;
    }

    private static double Dissimilarity(ReadOnlySpan<int> list, Func<int, int, double> similarity)
    {
        var sum = 0.0;
        for (var i = 1; i < list.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                sum += 1 - similarity(list[i], list[j]);
            }
        }

        return sum / (list.Length * (list.Length - 1) / 2.0);
    }

    private static bool[] Tail(double[] popularity, double mass)
    {
        var tail = new bool[popularity.Length];
        var left = mass * popularity.Sum();
        foreach (var item in Enumerable.Range(0, popularity.Length).OrderBy(item => popularity[item]).ThenBy(item => item))
        {
            left -= popularity[item];
            if (left < 0)
            {
                break;
            }

            tail[item] = true;
        }

        return tail;
    }
}
