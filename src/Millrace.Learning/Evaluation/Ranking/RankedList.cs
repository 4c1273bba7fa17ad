namespace Millrace.Learning.Evaluation.Ranking;

/// <summary>
/// One list of items with scores and labels, ranked by descending score. Equal scores have no order of their own: every metric is its expectation over all orders of what is tied, in closed form
/// (McSherry and Najork, ECIR 2008). A score that is NaN stands below all others, tied with its like and with −∞. A label above 0 is relevant. Metrics of a list without a relevant item are NaN: it says nothing, and
/// is left out of means. Reused from list to list; not for concurrent use.
/// </summary>
internal sealed class RankedList
{
    private double[] _keys = [];
    private int[] _order = [];
    private double[] _ideal = [];
    private Tie[] _ties = [];
    private int _tieCount;

    /// <summary>How many items there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them are relevant.</summary>
    public int Relevant { get; private set; }

    /// <summary>How many scores were NaN.</summary>
    public int Unscored { get; private set; }

    /// <summary>Takes a list in.</summary>
    /// <param name="scores">By item; higher is better.</param>
    /// <param name="labels">By item, at least 0; the gain of an item in DCG.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a label is negative or not finite.</exception>
    public void Set(ReadOnlySpan<double> scores, ReadOnlySpan<double> labels)
    {
        if (scores.Length != labels.Length)
        {
            throw new ArgumentException($"There are {scores.Length} scores and {labels.Length} labels.");
        }

        Grow(scores.Length);
        (Count, Relevant, Unscored) = (scores.Length, 0, 0);
        for (var i = 0; i < Count; i++)
        {
            if (!(labels[i] >= 0 && double.IsFinite(labels[i])))
            {
                throw new ArgumentException($"Label {i} is {labels[i]}; expected a finite number from 0.");
            }

            // Ascending order of the key is the ranking; NaN cannot be a key, since it would sort first.
            (_keys[i], _order[i]) = (double.IsNaN(scores[i]) ? double.PositiveInfinity : -scores[i], i);
            Unscored += double.IsNaN(scores[i]) ? 1 : 0;
            Relevant += labels[i] > 0 ? 1 : 0;
            _ideal[i] = -labels[i];
        }

        Array.Sort(_keys, _order, 0, Count);
        Array.Sort(_ideal, 0, Count);
        Tie(labels);
    }

    /// <summary>DCG at k over the best that is possible, discount 1/log₂(rank + 1).</summary>
    public double Ndcg(int k)
    {
        if (Relevant == 0)
        {
            return double.NaN;
        }

        var (dcg, best) = (0.0, 0.0);
        foreach (var tie in Ties)
        {
            var discounts = 0.0;
            for (var rank = tie.Start; rank < Math.Min(tie.End, k); rank++)
            {
                discounts += Discount(rank);
            }

            dcg += tie.Gain / tie.Size * discounts;
        }

        for (var rank = 0; rank < Math.Min(Count, k); rank++)
        {
            best -= _ideal[rank] * Discount(rank);
        }

        return dcg / best;
    }

    /// <summary>The share of relevant items that stand among the first k.</summary>
    public double Recall(int k) => Relevant == 0 ? double.NaN : Found(k) / Relevant;

    /// <summary>The share of the first k places that relevant items hold; places beyond the list's end hold none.</summary>
    public double Precision(int k) => Relevant == 0 ? double.NaN : Found(k) / k;

    /// <summary>The probability that a relevant item stands among the first k.</summary>
    public double HitRate(int k)
    {
        if (Relevant == 0)
        {
            return double.NaN;
        }

        var missed = 1.0;
        foreach (var tie in Ties)
        {
            // None of the tie's relevant items among the places that it has there: without replacement.
            var places = Math.Min(tie.End, k) - tie.Start;
            for (var drawn = 0; drawn < places; drawn++)
            {
                missed *= Math.Max(0, tie.Size - tie.Relevant - drawn) / (double)(tie.Size - drawn);
            }
        }

        return 1 - missed;
    }

    /// <summary>The expectation of 1/rank of the first relevant item, 0 when it stands below k.</summary>
    public double ReciprocalRank(int k)
    {
        foreach (var tie in Ties)
        {
            if (tie.Relevant > 0)
            {
                return FirstOf(tie, k);
            }
        }

        return double.NaN;
    }

    /// <summary>The mean, over the relevant items (at most k of them count), of the precision at each one's rank; 0 for one below k.</summary>
    public double AveragePrecision(int k)
    {
        if (Relevant == 0)
        {
            return double.NaN;
        }

        var (sum, above) = (0.0, 0);
        foreach (var tie in Ties)
        {
            var share = tie.Relevant / (double)tie.Size;
            var others = tie.Size > 1 ? (tie.Relevant - 1) / (double)(tie.Size - 1) : 0;
            for (var rank = tie.Start; rank < Math.Min(tie.End, k) && tie.Relevant > 0; rank++)
            {
                sum += share * (above + 1 + ((rank - tie.Start) * others)) / (rank + 1);
            }

            above += tie.Relevant;
        }

        return sum / Math.Min(Relevant, k);
    }

    /// <summary>The probability that a relevant item stands above one that is not, ties counting half; NaN where there is only one kind.</summary>
    public double Auc()
    {
        var (above, concordant) = (0, 0.0);
        foreach (var tie in Ties)
        {
            concordant += (double)(tie.Size - tie.Relevant) * (above + (0.5 * tie.Relevant));
            above += tie.Relevant;
        }

        return concordant / ((double)Relevant * (Count - Relevant));
    }

    /// <summary>The expected number of relevant items among the first k.</summary>
    private double Found(int k)
    {
        var found = 0.0;
        foreach (var tie in Ties)
        {
            found += tie.Relevant * (double)Math.Clamp(k - tie.Start, 0, tie.Size) / tie.Size;
        }

        return found;
    }

    /// <summary>What a 0-based rank counts in DCG.</summary>
    internal static double Discount(int rank) => 1 / Math.Log2(rank + 2);

    private static double FirstOf(Tie tie, int k)
    {
        var (sum, none) = (0.0, 1.0);
        for (var drawn = 0; drawn <= tie.Size - tie.Relevant && tie.Start + drawn < k; drawn++)
        {
            var here = tie.Relevant / (double)(tie.Size - drawn);
            sum += none * here / (tie.Start + drawn + 1);
            none *= 1 - here;
        }

        return sum;
    }

    private ReadOnlySpan<Tie> Ties => _ties.AsSpan(0, _tieCount);

    private void Tie(ReadOnlySpan<double> labels)
    {
        _tieCount = 0;
        for (var start = 0; start < Count;)
        {
            var (end, relevant, gain) = (start, 0, 0.0);
            while (end < Count && _keys[end].Equals(_keys[start]))
            {
                var label = labels[_order[end++]];
                relevant += label > 0 ? 1 : 0;
                gain += label;
            }

            _ties[_tieCount++] = new Tie(start, end, relevant, gain);
            start = end;
        }
    }

    private void Grow(int count)
    {
        if (_keys.Length < count)
        {
            (_keys, _order, _ideal, _ties) = (new double[count], new int[count], new double[count], new Tie[count]);
        }
    }
}

/// <summary>Items of one score.</summary>
/// <param name="Start">The 0-based rank of the first.</param>
/// <param name="End">One beyond the last.</param>
/// <param name="Relevant">How many are relevant.</param>
/// <param name="Gain">Their labels, added up.</param>
internal readonly record struct Tie(int Start, int End, int Relevant, double Gain)
{
    public int Size => End - Start;
}
