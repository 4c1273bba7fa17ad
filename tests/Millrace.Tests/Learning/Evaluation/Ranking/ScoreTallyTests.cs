using CsCheck;
using Millrace.Learning.Evaluation.Ranking;

namespace Millrace.Tests.Learning.Evaluation.Ranking;

public sealed class ScoreTallyTests
{
    private static readonly Gen<(double Probability, bool Happened)[]> Rows = Gen.Select(Gen.Int[0, 32].Select(n => n / 32.0), Gen.Bool).Array[2, 40];

    [Fact]
    public void Auc_is_that_of_all_pairs() => Rows.Sample(rows =>
    {
        var pairs = rows.Where(row => row.Happened).SelectMany(_ => rows.Where(row => !row.Happened), (one, two) => 1 + one.Probability.CompareTo(two.Probability)).ToArray();
        Assert.Equal(pairs.Length == 0 ? double.NaN : pairs.Average() / 2, TallyOf(rows).Auc().Value, 1e-12);
    });

    [Fact]
    public void Log_loss_and_its_share_of_the_base_rates_are_worked_by_hand()
    {
        var tally = TallyOf([(0.5, true), (0.25, false), (0.25, false), (0.25, true)]);

        // −(ln ½ + 2 ln ¾ + ln ¼) / 4; half of the rows came true, and knowing only that loses ln 2.
        var loss = -(Math.Log(0.5) + (2 * Math.Log(0.75)) + Math.Log(0.25)) / 4;
        Assert.Equal(loss, tally.LogLoss().Value, 12);
        Assert.Equal(loss / Math.Log(2), tally.NormalisedEntropy().Value, 12);
        Assert.Equal(1.25 / 2, tally.Calibration().Value, 12);
    }

    [Fact]
    public void Calibration_error_is_worked_by_hand()
    {
        // Two bins of two rows: predicted 0.2 and 0.6 on average, observed 0.5 and 0.5; the mean of 0.3 and 0.1.
        var tally = TallyOf([(0.125, true), (0.275, false), (0.5, false), (0.7, true)]);

        Assert.Equal(0.2, tally.CalibrationError(bins: 2).Value, 12);
        Assert.Equal(Math.Abs(1.6 - 2) / 4, tally.CalibrationError(bins: 1).Value, 12);
    }

    [Fact]
    public void Scores_that_are_no_probabilities_are_counted_and_left_out()
    {
        var tally = TallyOf([(0.5, true), (double.NaN, true), (1.5, false), (-0.1, false)]);

        Assert.Equal((1, 3), (tally.Rows, tally.Refused));
        Assert.Equal(Math.Log(2), tally.LogLoss().Value, 12);
    }

    [Fact]
    public void A_sure_error_is_dear_and_finite() => Assert.InRange(TallyOf([(0, true)]).LogLoss().Value, 34, 35);

    private static ScoreTally TallyOf((double Probability, bool Happened)[] rows)
    {
        var tally = new ScoreTally(seed: 1, replicates: 4);
        for (var i = 0; i < rows.Length; i++)
        {
            tally.Add((ulong)i, rows[i].Probability, rows[i].Happened);
        }

        return tally;
    }
}
