using System.Globalization;
using Millrace.Learning.Evaluation.Ranking;

namespace Millrace.Learning.Fairness;

/// <summary>A bound that a figure of fairness must keep to.</summary>
/// <param name="Metric">Which figure, as reports name it.</param>
/// <param name="Group">Of which group.</param>
/// <param name="AtLeast">Its floor; null for none.</param>
/// <param name="AtMost">Its ceiling; null for none.</param>
/// <param name="LeastSupport">With less it is not judged.</param>
internal sealed record FairnessGate(string Metric, string Group, double? AtLeast, double? AtMost, double LeastSupport = 100)
{
    /// <summary>
    /// Fails where the whole interval lies beyond the bound, so that chance stops few sound models; passes where the figure itself keeps to it; what lies between, and what has too little support, is not
    /// evaluable: it neither passes nor accuses.
    /// </summary>
    public FairnessVerdict Judge(Estimate found)
    {
        // Who gets nothing at all has a ratio without bound, and no interval: beyond every bound on that side.
        if (double.IsInfinity(found.Value) && found.Support >= LeastSupport)
        {
            return found.Value < AtLeast || found.Value > AtMost ? Says(FairnessOutcome.Fail, found, "without bound") : Says(FairnessOutcome.Pass, found, "within");
        }

        if (!(found.Support >= LeastSupport && double.IsFinite(found.Value + found.Low + found.High)))
        {
            return Says(FairnessOutcome.NotEvaluable, found, string.Create(CultureInfo.InvariantCulture, $"support {found.Support:0} of {LeastSupport:0}"));
        }

        var beyond = found.High < AtLeast || found.Low > AtMost;
        var within = !(found.Value < AtLeast) && !(found.Value > AtMost);
        return beyond ? Says(FairnessOutcome.Fail, found, "beyond the bound")
            : within ? Says(FairnessOutcome.Pass, found, "within")
            : Says(FairnessOutcome.NotEvaluable, found, "beyond the bound by less than the interval tells");
    }

    private FairnessVerdict Says(FairnessOutcome outcome, Estimate found, string why) => new(outcome, $"{Metric} of {Group}: {found}, {why}");
}

/// <summary>What a gate says.</summary>
internal enum FairnessOutcome
{
    Pass,
    Fail,
    NotEvaluable,
}

/// <summary>A gate's outcome, with the reason in words.</summary>
internal readonly record struct FairnessVerdict(FairnessOutcome Outcome, string Reason);
