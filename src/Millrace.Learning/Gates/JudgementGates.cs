using System.Globalization;
using Millrace.Learning.Evaluation.Intervals;
using Millrace.Learning.Evaluation.Ranking;
using Millrace.Models.Trees;
using Slice = Millrace.Learning.Training.Slices.Slice;

namespace Millrace.Learning.Gates;

/// <summary>Gates on how well the model predicts what came later, in all and by slice, against the current model, and whom it shows. Intervals are by persons.</summary>
internal sealed class JudgementGates
{
    private const int Replicates = 200;
    private const double Least = 1e-15;

    private readonly GateCase _given;
    private readonly GateSettings _settings;
    private readonly int[] _rows;
    private readonly double[] _scores;

    internal JudgementGates(GateCase given, GateSettings settings, Forest forest)
    {
        (_given, _settings, _rows) = (given, settings, [.. given.Sample.Of(Slice.Test)]);
        _scores = Predict(forest);
    }

    internal IEnumerable<GateResult> Judge()
    {
        var whole = TallyOf(_rows);
        var auc = whole.Auc();
        yield return GateResult.Of("gain", "", !(auc.Low > 0.5), auc.Value, "an AUC whose interval lies above 0.5", $"AUC {auc}: it knows more than the prior");
        if (_given.IsProbability)
        {
            var (ratio, factor) = (whole.Calibration(), _settings.CalibrationFactor);
            yield return GateResult.Of("calibration", "", ratio.Low > factor || ratio.High < 1 / factor, ratio.Value, Text($"within a factor of {factor}"), $"{ratio} predicted by what came true");
        }

        foreach (var result in _settings.Metrics.SelectMany(Metric).Concat(_settings.Exposure.SelectMany(Exposure)))
        {
            yield return result;
        }

        if (_settings.MostWorse is { } worse && _given.Current is { } current)
        {
            yield return AgainstCurrent(current, worse);
        }
    }

    private IEnumerable<GateResult> Metric(MetricGate gate)
    {
        var bound = Text($"{(gate.AtLeast is { } floor ? $"at least {floor}" : "")}{(gate.AtMost is { } ceiling ? $" at most {ceiling}" : "")}").Trim();
        return Split(gate.By, gate.Metric, bound, "metric", (subject, rows) =>
        {
            var positives = rows.Count(row => _given.Sample.Labels[_rows[row]] > 0);
            if (Math.Min(positives, rows.Length - positives) < _settings.Data.LeastSupport)
            {
                return GateResult.Unknown("metric", subject, bound, $"{positives} positives of {rows.Length} rows");
            }

            var found = Named(gate.Metric, TallyOf([.. rows.Select(row => _rows[row])], rows));
            return GateResult.Of("metric", subject, !double.IsFinite(found.Value) || found.High < gate.AtLeast || found.Low > gate.AtMost, found.Value, bound, found.ToString());
        });
    }

    private IEnumerable<GateResult> Exposure(ExposureGate gate)
    {
        var bound = Text($"at least {gate.AtLeast}");
        var first = FirstPlaces(gate.Places);
        return Split(gate.By, "", bound, "exposure", (subject, rows) =>
        {
            var ratio = (Got: new ClusteredRatio(Replicates + 1), Had: new ClusteredRatio(Replicates + 1));
            var (mine, counts) = (rows.ToHashSet(), new double[Replicates + 1]);
            for (var row = 0; row < _rows.Length; row++)
            {
                PersonBootstrap.Draw(_settings.Seed, _given.Sample.Persons[_rows[row]], counts);
                ratio.Had.Add(counts, mine.Contains(row) ? 1 : 0);
                if (first[row])
                {
                    ratio.Got.Add(counts, mine.Contains(row) ? 1 : 0);
                }
            }

            var found = ratio.Got.Over(ratio.Had);
            return GateResult.Of("exposure", subject, !(found.High >= gate.AtLeast), found.Value, bound, $"{found} of the first places by share of all");
        });
    }

    private IEnumerable<GateResult> Split(string? by, string metric, string bound, string gate, Func<string, int[], GateResult> judge)
    {
        if (by is null)
        {
            return [judge(metric, [.. Enumerable.Range(0, _rows.Length)])];
        }

        var column = _given.Sample.Features.IndexOf(by);
        return column < 0
            ? [GateResult.Unknown(gate, $"{metric} by {by}".Trim(), bound, $"there is no feature '{by}'")]
            : Enumerable.Range(0, _rows.Length).GroupBy(row => _given.Sample.Value(_rows[row], column)).OrderBy(slice => slice.Key)
                .Select(slice => judge(Text($"{metric} {by}={slice.Key}").Trim(), [.. slice]));
    }

    // Paired: both models are drawn with the same persons.
    private GateResult AgainstCurrent(byte[] current, double worse)
    {
        var bound = Text($"log loss at most {worse:P1} above the current model's");
        Forest forest;
        try
        {
            forest = ForestFile.Read(current);
        }
        catch (ForestException fault)
        {
            return GateResult.Unknown("current", "", bound, $"the current model cannot be read: {fault.Message}");
        }

        if (!_given.IsProbability || !forest.FeaturesRead().All(_given.Sample.Features.Contains))
        {
            return GateResult.Unknown("current", "", bound, "it reads other features, or one of the two predicts no probability");
        }

        var (mine, theirs, counts, scores) = (new ClusteredRatio(Replicates + 1), new ClusteredRatio(Replicates + 1), new double[Replicates + 1], Predict(forest));
        for (var row = 0; row < _rows.Length; row++)
        {
            PersonBootstrap.Draw(_settings.Seed, _given.Sample.Persons[_rows[row]], counts);
            mine.Add(counts, Loss(row, _scores));
            theirs.Add(counts, Loss(row, scores));
        }

        var ratio = mine.Over(theirs);
        return GateResult.Of("current", "", ratio.Low > 1 + worse || !double.IsFinite(ratio.Value), ratio.Value - 1, bound, $"{ratio} of its log loss");
    }

    private double Loss(int row, double[] scores)
    {
        var sure = Math.Clamp(scores[row], Least, 1 - Least);
        return -Math.Log(_given.Sample.Labels[_rows[row]] > 0 ? sure : 1 - sure);
    }

    // By row of the slice that judges, whether the model puts it among the first of its decision; ties go to the row that stands first.
    private bool[] FirstPlaces(int places)
    {
        var first = new bool[_rows.Length];
        foreach (var decision in Enumerable.Range(0, _rows.Length).GroupBy(row => _given.Sample.Decisions[_rows[row]]))
        {
            foreach (var row in decision.OrderByDescending(row => _scores[row]).Take(places))
            {
                first[row] = true;
            }
        }

        return first;
    }

    private ScoreTally TallyOf(int[] rows, int[]? places = null)
    {
        var tally = new ScoreTally(_settings.Seed, Replicates);
        for (var i = 0; i < rows.Length; i++)
        {
            tally.Add(_given.Sample.Persons[rows[i]], _scores[places?[i] ?? i], _given.Sample.Labels[rows[i]] > 0, _given.Sample.Weights[rows[i]]);
        }

        return tally;
    }

    private static Estimate Named(string metric, ScoreTally tally) => metric switch
    {
        "auc" => tally.Auc(),
        "logloss" => tally.LogLoss(),
        "entropy" => tally.NormalisedEntropy(),
        "ece" => tally.CalibrationError(),
        _ => tally.Calibration(),
    };

    // What predicts no probability is squeezed into one: only the order counts then.
    private double[] Predict(Forest forest)
    {
        var scorer = new ForestScorer([forest], _given.Sample.Features);
        float[] rows = [.. _rows.SelectMany(row => _given.Sample.Row(row).ToArray())];
        var scores = new double[_rows.Length];
        scorer.Predict(rows, _rows.Length, scores, new ForestScratch());
        return _given.IsProbability ? scores : [.. scores.Select(score => 1 / (1 + Math.Exp(-score)))];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
