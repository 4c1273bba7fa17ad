using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.Ranking;

/// <summary>
/// Predicted probabilities against outcomes, over rows that pass by once: AUC, log loss, normalised entropy, expected calibration error. Rows are kept as counts by score, whose mantissa is cut to seven bits
/// (0.8 % of the score), so memory depends on how many such scores there are and not on rows. Scores that fall together count as tied in AUC; all other figures are exact but for the bins of calibration,
/// whose edges stand between such scores.
/// </summary>
/// <param name="seed">Of the draws.</param>
/// <param name="replicates">Of the bootstrap, beside the data itself.</param>
internal sealed class ScoreTally(ulong seed, int replicates = 200)
{
    /// <summary>Probabilities nearer to 0 or 1 than this are taken for this, as is the custom: one sure error must not be infinite.</summary>
    private const double Least = 1e-15;

    private const int DroppedBits = 16;

    private readonly double[] _counts = new double[replicates + 1];
    private readonly SortedDictionary<int, Cell> _cells = [];
    private readonly ClusteredRatio _loss = new(replicates + 1);
    private readonly ClusteredRatio _rate = new(replicates + 1);
    private readonly ClusteredRatio _predicted = new(replicates + 1);

    /// <summary>Rows taken in.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows left out since their score is NaN or no probability: a model with any is not to be trusted with the rest.</summary>
    public long Refused { get; private set; }

    /// <summary>Adds one row.</summary>
    /// <param name="person">Whose.</param>
    /// <param name="probability">Predicted.</param>
    /// <param name="happened">Whether it came true.</param>
    /// <param name="weight">What the row counts.</param>
    public void Add(ulong person, double probability, bool happened, double weight = 1)
    {
        if (!(probability is >= 0 and <= 1))
        {
            Refused++;
            return;
        }

        Rows++;
        PersonBootstrap.Draw(seed, person, _counts);
        var sure = Math.Clamp(probability, Least, 1 - Least);
        _loss.Add(_counts, -weight * Math.Log(happened ? sure : 1 - sure), weight);
        _rate.Add(_counts, happened ? weight : 0, weight);
        _predicted.Add(_counts, weight * probability, weight);
        var key = BitConverter.SingleToInt32Bits((float)probability) >> DroppedBits;
        if (!_cells.TryGetValue(key, out var cell))
        {
            _cells[key] = cell = new Cell(_counts.Length);
        }

        cell.Add(_counts, probability, happened, weight);
    }

    /// <summary>The share that came true.</summary>
    public Estimate BaseRate() => _rate.Estimate();

    /// <summary>The mean of −ln of the probability of what happened, in nats.</summary>
    public Estimate LogLoss() => _loss.Estimate();

    /// <summary>Log loss by that of always predicting the base rate (He et al., ADKDD 2014): below 1 is better than knowing only that.</summary>
    public Estimate NormalisedEntropy()
    {
        var (loss, rate) = (_loss.Values(), _rate.Values());
        return Estimate.Of([.. loss.Select((value, b) => value / Entropy(rate[b]))], Rows);
    }

    /// <summary>What was predicted by what came true, in all: 1 is calibrated at large.</summary>
    public Estimate Calibration() => _predicted.Over(_rate);

    /// <summary>The probability that what came true was scored above what did not, ties half.</summary>
    public Estimate Auc()
    {
        var auc = new double[_counts.Length];
        for (var b = 0; b < auc.Length; b++)
        {
            var (below, positives, concordant) = (0.0, 0.0, 0.0);
            foreach (var cell in _cells.Values)
            {
                var negatives = cell.Weight[b] - cell.Positive[b];
                concordant += cell.Positive[b] * (below + (0.5 * negatives));
                below += negatives;
                positives += cell.Positive[b];
            }

            auc[b] = concordant / (positives * below);
        }

        return Estimate.Of(auc, Rows);
    }

    /// <summary>The mean distance of predicted and observed rate over bins of equal mass (Nguyen and O'Connor 2015), each weighed by its rows.</summary>
    public Estimate CalibrationError(int bins = 20)
    {
        var errors = new double[_counts.Length];
        for (var b = 0; b < errors.Length; b++)
        {
            errors[b] = CalibrationError(bins, b);
        }

        return Estimate.Of(errors, Rows);
    }

    private double CalibrationError(int bins, int replicate)
    {
        var total = _cells.Values.Sum(cell => cell.Weight[replicate]);
        var (error, seen, begun, predicted, positive) = (0.0, 0.0, 0.0, 0.0, 0.0);
        foreach (var cell in _cells.Values)
        {
            (seen, predicted, positive) = (seen + cell.Weight[replicate], predicted + cell.Predicted[replicate], positive + cell.Positive[replicate]);
            if (seen >= total * (Math.Floor(begun * bins / total) + 1) / bins)
            {
                (error, begun, predicted, positive) = (error + Math.Abs(predicted - positive), seen, 0, 0);
            }
        }

        // What rounding left of the last bin.
        return (error + Math.Abs(predicted - positive)) / total;
    }

    private static double Entropy(double rate) => -((rate * Math.Log(rate)) + ((1 - rate) * Math.Log(1 - rate)));

    /// <summary>The rows of nearly one score, by replicate.</summary>
    private sealed class Cell(int replicates)
    {
        public double[] Weight { get; } = new double[replicates];

        public double[] Positive { get; } = new double[replicates];

        public double[] Predicted { get; } = new double[replicates];

        public void Add(ReadOnlySpan<double> counts, double probability, bool happened, double weight)
        {
            for (var b = 0; b < Weight.Length; b++)
            {
                var part = counts[b] * weight;
                Weight[b] += part;
                Positive[b] += happened ? part : 0;
                Predicted[b] += part * probability;
            }
        }
    }
}
