using CsCheck;
using Millrace.Learning.Evaluation.OffPolicy;
using Evaluated = Millrace.Learning.Evaluation.OffPolicy.Evaluation;

namespace Millrace.Tests.Learning.Evaluation;

/// <summary>The estimators of single actions against their definitions, written down once more.</summary>
public sealed class ActionEstimatorsTests
{
    private static readonly Gen<LoggedAction> Action = Gen.Select(
        Gen.ULong[0, 20], Gen.Double[0.01, 1], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0, 1],
        static (person, propensity, target, reward, model, direct) => new LoggedAction(person, propensity, target, reward, model, direct));

    [Fact]
    public void Estimates_are_what_their_definitions_say() => Action.Array[1, 60].Sample(static log =>
    {
        var options = new EstimationOptions { Replicates = 20, Clip = 3, Shrinkage = 4 };
        var found = Run(log, options).ToDictionary(static estimate => estimate.Name, static estimate => estimate.Value);
        double Mean(Func<LoggedAction, double> of) => log.Average(of);
        Assert.Equal(Mean(static a => a.Direct), found["dm"], 1e-9);
        Assert.Equal(Mean(static a => a.Weight * a.Reward), found["ips"], 1e-9);
        Assert.Equal(Mean(static a => Math.Min(a.Weight, 3) * a.Reward), found["clippedIps"], 1e-9);
        Assert.Equal(Mean(static a => a.Direct + (a.Weight * (a.Reward - a.Model))), found["dr"], 1e-9);
        Assert.Equal(Mean(static a => a.Direct + (a.Weight <= 3 ? a.Weight * (a.Reward - a.Model) : 0)), found["switchDr"], 1e-9);
        Assert.Equal(Mean(static a => a.Direct + (4 * a.Weight / ((a.Weight * a.Weight) + 4) * (a.Reward - a.Model))), found["dros"], 1e-9);
        if (log.Sum(static a => a.Weight) is > 0 and var weights)
        {
            Assert.Equal(log.Sum(static a => a.Weight * a.Reward) / weights, found["snips"], 1e-9);
            Assert.Equal(Mean(static a => a.Direct) + (log.Sum(static a => a.Weight * (a.Reward - a.Model)) / weights), found["sndr"], 1e-9);
            Assert.Equal(log.Sum(static a => Math.Min(a.Weight, 3) * a.Reward) / log.Sum(static a => Math.Min(a.Weight, 3)), found["clippedSnips"], 1e-9);
        }
    });

    [Fact]
    public void The_same_log_and_seed_give_the_same_bits() => Action.Array[1, 30].Sample(static log =>
        Assert.Equal(Run(log, new EstimationOptions { Replicates = 33 }).SelectMany(static e => e.Values), Run(log, new EstimationOptions { Replicates = 33 }).SelectMany(static e => e.Values)));

    [Fact]
    public void A_replicate_holds_all_of_a_person_or_nothing_of_them()
    {
        LoggedAction[] log = [.. Enumerable.Range(0, 300).Select(static i => new LoggedAction((ulong)(i % 3), 0.5, 0.5, i % 3 == 0 ? 1 : 0))];
        var values = Run(log, new EstimationOptions { Replicates = 200 }).Single(static estimate => estimate.Name == "ips").Values;

        // With counts a, b, c of the three persons the value is a / (a + b + c).
        Assert.All(values.Where(double.IsFinite), static value => Assert.Contains(Enumerable.Range(1, 40), all => Math.Abs((value * all) - Math.Round(value * all)) < 1e-9));
        Assert.True(values.Where(double.IsFinite).Distinct().Count() > 5);
    }

    [Fact]
    public void What_is_no_logged_action_is_refused()
    {
        var estimators = new ActionEstimators(new EstimationOptions { WeightBound = 2 });
        Assert.Throws<ArgumentException>(() => estimators.Add(new LoggedAction(1, 0, 0.5, 1)));
        Assert.Throws<ArgumentException>(() => estimators.Add(new LoggedAction(1, 0.5, 1.5, 1)));
        Assert.Throws<ArgumentException>(() => estimators.Add(new LoggedAction(1, 0.5, 0.5, double.NaN)));
        estimators.Add(new LoggedAction(1, 0.5, 0.5, 1));
        Assert.Throws<ArgumentException>(() => estimators.Add(new LoggedAction(1, 0.5, 0.5, 1, 0.2, 0.2)));
    }

    [Theory]
    [InlineData("dr.low>=0.01", "dr.low>=0.01")]
    [InlineData("snips.value >= current", "snips.value>=current+0")]
    [InlineData("ips.anytimeLow>=current-0.5", "ips.anytimeLow>=current-0.5")]
    [InlineData("dr.high>=1", null)]
    [InlineData("dr.low>=current0.1", null)]
    [InlineData("what.low>=1", null)]
    [InlineData("dr.low>=NaN", null)]
    public void A_gate_is_read_or_refused(string text, string? expected) => Assert.Equal(expected, EvaluationGate.Parse(text)?.ToString());

    [Fact]
    public void A_gate_on_the_model_alone_never_passes()
    {
        LoggedAction[] log = [.. Enumerable.Range(0, 500).Select(static i => new LoggedAction((ulong)i, 0.5, 0.5, 1, 1, 1))];
        var estimators = new ActionEstimators(new EstimationOptions { Replicates = 50 });
        Array.ForEach(log, action => estimators.Add(action));
        Evaluated Judge(string gate) => Evaluated.Of(Overlap.Of(estimators.Weights), estimators.Estimates(), estimators.Logged, [EvaluationGate.Parse(gate)!], new OverlapBounds());
        Assert.Equal((Verdict.NotEvaluable, NotEvaluableReason.ModelAlone), (Judge("dm.value>=0").Verdict, Judge("dm.value>=0").Reasons.Single()));
        Assert.Equal(Verdict.Pass, Judge("dr.low>=1").Verdict);
        Assert.Equal(Verdict.Fail, Judge("dr.low>=1.1").Verdict);
        Assert.Equal([NotEvaluableReason.NoSuchEstimate], Judge("sips.low>=0").Reasons);
    }

    [Fact]
    public void Wrong_propensities_show_in_the_mean_weight()
    {
        // Logged by a fair coin, said to be by one of 0.8: 10,000 weights have a mean of 0.625.
        var estimators = new ActionEstimators(new EstimationOptions { Replicates = 20 });
        for (var i = 0; i < 10_000; i++)
        {
            estimators.Add(new LoggedAction((ulong)i, 0.8, 0.5, 1));
        }

        Assert.Equal([NotEvaluableReason.WeightsOff], Overlap.Of(estimators.Weights).Lacking(new OverlapBounds()));
    }

    [Theory]
    [InlineData(19, 1_000, true, "tooFewPersons")]
    [InlineData(500, 9, true, "tooFewOutcomes")]
    [InlineData(500, 1_000, false, "leftOut")]
    public void Few_persons_few_outcomes_or_much_left_out_say_nothing(int persons, int outcomes, bool whole, string expected)
    {
        var estimators = new ActionEstimators(new EstimationOptions { Replicates = 20 });
        for (var i = 0; i < 1_000; i++)
        {
            estimators.Add(new LoggedAction((ulong)(i % persons), 0.5, 0.5, i < outcomes ? 1 : 0));
        }

        Assert.Equal([expected], (Overlap.Of(estimators.Weights) with { LeftOut = whole ? 0.01 : 0.011 }).Lacking(new OverlapBounds()).Select(static reason => reason.Word()));
    }

    private static System.Collections.Immutable.ImmutableArray<Estimate> Run(LoggedAction[] log, EstimationOptions options)
    {
        var estimators = new ActionEstimators(options);
        foreach (var action in log)
        {
            estimators.Add(action);
        }

        return estimators.Estimates();
    }
}
