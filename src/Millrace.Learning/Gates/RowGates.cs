using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Millrace.Learning.Training.Slices;

namespace Millrace.Learning.Gates;

/// <summary>Gates on the examples as rows: none twice, none from the future, labels and weights that are some, enough of both labels, and what judges later than what was learnt.</summary>
internal static class RowGates
{
    internal static IEnumerable<GateResult> Judge(GateCase given, DataBounds bounds) =>
        [Duplicates(given.Sample, bounds), Future(given), Later(given), Labels(given), Weights(given.Sample, bounds), Support(given.Sample, bounds), LabelRate(given.Sample, bounds)];

    private static GateResult Duplicates(GateSample sample, DataBounds bounds)
    {
        var seen = new HashSet<(ulong, int, ulong, float)>();
        var twice = Enumerable.Range(0, sample.Count).Count(row =>
            !seen.Add((sample.Decisions[row], sample.Ranks[row], XxHash3.HashToUInt64(MemoryMarshal.AsBytes(sample.Row(row))), sample.Labels[row])));
        var share = (double)twice / Math.Max(1, sample.Count);
        return GateResult.Of("duplicate-rows", "", share > bounds.MostDuplicates, share, Text($"at most {bounds.MostDuplicates}"), $"{twice} of {sample.Count} rows are there twice");
    }

    private static GateResult Future(GateCase given)
    {
        var late = given.Sample.Times.Count(time => time > given.Now);
        return GateResult.Of("future-rows", "", late > 0, late, "none", $"{late} rows were decided later than now");
    }

    private static GateResult Later(GateCase given)
    {
        const string Gate = "held-out-later";
        const string Bound = "all that judges is later than all that was learnt";
        if (given.LearntUntil is not { } until)
        {
            return GateResult.Unknown(Gate, "", Bound, "the report does not say what was learnt from");
        }

        var early = given.Sample.Of(Slice.Test).Count(row => given.Sample.Times[row] <= until);
        return GateResult.Of(Gate, "", early > 0, early, Bound, $"{early} rows that judge are not later than what was learnt");
    }

    private static GateResult Labels(GateCase given)
    {
        var wrong = given.Sample.Labels.Count(label => !float.IsFinite(label) || label < 0 || (given.IsProbability && label is not (0 or 1)));
        return GateResult.Of("label-values", "", wrong > 0, wrong, given.IsProbability ? "0 or 1" : "finite, at least 0", $"{wrong} labels are something else");
    }

    private static GateResult Weights(GateSample sample, DataBounds bounds)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (double weight in sample.Weights)
        {
            sum += weight >= 0 ? weight : double.NaN;
            squares += weight * weight;
        }

        var share = sum * sum / squares / Math.Max(1, sample.Count);
        return GateResult.Of("weights", "", !(share >= bounds.LeastEffective), share, Text($"an effective share of at least {bounds.LeastEffective}"), "weights are finite, and no few rows count for all");
    }

    private static GateResult Support(GateSample sample, DataBounds bounds)
    {
        var positives = sample.Of(Slice.Test).Count(row => sample.Labels[row] > 0);
        var least = Math.Min(positives, sample.Of(Slice.Test).Count() - positives);
        return GateResult.Of("support", "", least < bounds.LeastSupport, least, Text($"at least {bounds.LeastSupport} of either label"), "rows that judge, of the rarer label");
    }

    private static GateResult LabelRate(GateSample sample, DataBounds bounds)
    {
        var (learnt, judged) = (Rate(sample, Slice.Train), Rate(sample, Slice.Test));
        var ratio = judged / learnt;
        return GateResult.Of(
            "label-rate", "", !(ratio <= bounds.LabelFactor && ratio >= 1 / bounds.LabelFactor), ratio, Text($"within a factor of {bounds.LabelFactor}"), Text($"{learnt:F4} of the labels learnt from are positive, {judged:F4} of those that judge"));
    }

    private static double Rate(GateSample sample, Slice slice) => sample.Of(slice).Select(row => sample.Labels[row] > 0 ? 1.0 : 0).DefaultIfEmpty(double.NaN).Average();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
