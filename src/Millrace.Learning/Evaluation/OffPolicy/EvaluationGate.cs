using System.Globalization;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>What of an estimate a gate looks at.</summary>
internal enum GateMetric
{
    /// <summary>The estimate itself.</summary>
    Value,

    /// <summary>The lower end of its bootstrap interval.</summary>
    Low,

    /// <summary>The lower end of its anytime interval.</summary>
    AnytimeLow,
}

/// <summary>A bar that a policy has to reach: <c>dr.low>=0.0046</c>, or above what was logged, <c>snips.low>=current+0.0001</c>.</summary>
/// <param name="Estimator">One of <see cref="EstimatorNames"/>.</param>
/// <param name="Metric">What of it.</param>
/// <param name="AtLeast">The bar.</param>
/// <param name="AboveCurrent">Whether the bar counts from what the policy that logged earned; the two are then compared on the same draws of persons.</param>
internal sealed record EvaluationGate(string Estimator, GateMetric Metric, double AtLeast, bool AboveCurrent)
{
    public const string Expected = "ESTIMATOR.value|low|anytimeLow>=NUMBER or >=current+NUMBER, like dr.low>=0.01";

    private const string Current = "current";

    /// <summary>As people write it; null when it is no gate.</summary>
    public static EvaluationGate? Parse(string text)
    {
        if (text.Replace(" ", "", StringComparison.Ordinal).Split(">=") is not [var asked, var bar] || asked.Split('.') is not [var estimator, var word]
            || !(EstimatorNames.OfActions.Contains(estimator) || EstimatorNames.OfSlates.Contains(estimator)) || MetricOf(word) is not { } metric)
        {
            return null;
        }

        var above = bar.StartsWith(Current, StringComparison.Ordinal);
        var number = above ? bar[Current.Length..] is { Length: > 0 } rest ? rest : "0" : bar;
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var least) && double.IsFinite(least) && (!above || number is "0" || number[0] is '+' or '-')
            ? new EvaluationGate(estimator, metric, least, above)
            : null;
    }

    public static GateMetric? MetricOf(string word) => word switch
    {
        "value" => GateMetric.Value,
        "low" => GateMetric.Low,
        "anytimeLow" => GateMetric.AnytimeLow,
        _ => null,
    };

    public override string ToString()
    {
        var word = Metric switch { GateMetric.Value => "value", GateMetric.Low => "low", _ => "anytimeLow" };
        return string.Create(CultureInfo.InvariantCulture, $"{Estimator}.{word}>={(AboveCurrent ? Current + (AtLeast < 0 ? "" : "+") : "")}{AtLeast}");
    }

    /// <summary>Whether estimates reach the bar; a reason when they cannot say.</summary>
    /// <param name="estimates">Of the policy.</param>
    /// <param name="logged">What the policy that logged earned, by replicate.</param>
    /// <param name="bounds">From where on an estimator's own weights say something.</param>
    public (Verdict Verdict, NotEvaluableReason? Why) Judge(IEnumerable<Estimate> estimates, double[] logged, OverlapBounds bounds)
    {
        if (Estimator == EstimatorNames.Dm)
        {
            return (Verdict.NotEvaluable, NotEvaluableReason.ModelAlone);
        }

        var own = estimates.FirstOrDefault(estimate => estimate.Name == Estimator);
        if (own?.Overlap?.Lacking(bounds) is [var lacking, ..])
        {
            return (Verdict.NotEvaluable, lacking);
        }

        return own is { } found && Found(found, logged) is { } value && !double.IsNaN(value)
            ? (value >= AtLeast ? Verdict.Pass : Verdict.Fail, null)
            : (Verdict.NotEvaluable, NotEvaluableReason.NoSuchEstimate);
    }

    private double? Found(Estimate estimate, double[] logged) => Metric switch
    {
        // No pair of anytime intervals has a difference: the bar is put above what was logged as it stands.
        GateMetric.AnytimeLow => estimate.Anytime?.Low - (AboveCurrent ? logged[0] : 0),
        GateMetric.Low => (AboveCurrent ? estimate.Above(logged) : estimate).Interval.Low,
        _ => estimate.Value - (AboveCurrent ? logged[0] : 0),
    };
}
