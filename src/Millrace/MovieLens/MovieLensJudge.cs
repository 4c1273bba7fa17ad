using System.Collections.Immutable;
using Millrace.Learning.Evaluation.Ranking;
using Millrace.Learning.Training.Factorisation;

namespace Millrace.MovieLens;

/// <summary>Ranks the whole catalogue for every user with something to find, what they are known to have acted on left out, and takes means over users.</summary>
internal sealed class MovieLensJudge
{
    /// <summary>How many places count.</summary>
    internal const int Depth = 10;

    private static readonly ImmutableArray<RankingMetric> Metrics = RankingMetric.All(Depth);

    /// <summary>What validation goes by.</summary>
    private static readonly RankingMetric Chooses = new(RankingMetricKind.Ndcg, Depth);

    private readonly RankedList _list = new();
    private readonly MovieLensData _data;
    private readonly ulong _seed;
    private readonly double[] _scores;
    private readonly double[] _labels;
    private readonly int[] _items;

    public MovieLensJudge(MovieLensData data, ulong seed)
    {
        (_data, _seed) = (data, seed);
        (_scores, _labels, _items) = (new double[data.Items.Length], new double[data.Items.Length], new int[data.Items.Length]);
    }

    /// <summary>The mean NDCG@10.</summary>
    public double Validate(Func<int, int, double> score, Interactions known, Interactions wanted)
    {
        var (sum, users) = (0.0, 0);
        for (var user = 0; user < wanted.Rows; user++)
        {
            if (wanted[user].Length > 0)
            {
                Rank(user, score, known, wanted);
                sum += Chooses.Of(_list);
                users++;
            }
        }

        return sum / users;
    }

    /// <summary>All metrics, in all and by group, and what the lists do to the catalogue.</summary>
    public (SliceTable Quality, ListTally Lists) Judge(Func<int, int, double> score, Interactions known, Interactions wanted)
    {
        var quality = new SliceTable([.. Metrics.Select(metric => metric.Name)], _seed);
        var items = known.Transposed();
        var lists = new ListTally([.. Enumerable.Range(0, items.Rows).Select(item => items[item].Length)], known.Rows, _seed);
        var values = new double[Metrics.Length];
        for (var user = 0; user < wanted.Rows; user++)
        {
            if (wanted[user].Length == 0)
            {
                continue;
            }

            var count = Rank(user, score, known, wanted);
            for (var m = 0; m < values.Length; m++)
            {
                values[m] = Metrics[m].Of(_list);
            }

            quality.Add((ulong)user, _data.Groups[user], values);
            lists.Add((ulong)user, Top(count), known[user], _data.Similarity);
        }

        return (quality, lists);
    }

    private int Rank(int user, Func<int, int, double> score, Interactions known, Interactions wanted)
    {
        var count = 0;
        for (var item = 0; item < _data.Items.Length; item++)
        {
            if (known[user].BinarySearch(item) < 0)
            {
                (_scores[count], _labels[count], _items[count]) = (score(user, item), wanted[user].BinarySearch(item) >= 0 ? 1 : 0, item);
                count++;
            }
        }

        _list.Set(_scores.AsSpan(0, count), _labels.AsSpan(0, count));
        return count;
    }

    /// <summary>A list must be some order: what is tied is shown in the catalogue's.</summary>
    private int[] Top(int count) =>
        [.. Enumerable.Range(0, count).OrderByDescending(place => _scores[place]).ThenBy(place => _items[place]).Take(Depth).Select(place => _items[place])];
}
