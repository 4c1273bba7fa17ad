using System.Globalization;
using Millrace.Learning.Training.Slices;

namespace Millrace.Learning.Gates;

/// <summary>Gates on each feature: that it is not another one over again, does not know the answer, and is in service what it was when it was learnt from.</summary>
internal static class ColumnGates
{
    // With fewer values than this a typical size is chance.
    private const int LeastValues = 200;

    internal static IEnumerable<GateResult> Judge(GateSample sample, DataBounds bounds)
    {
        var columns = sample.Features.Select((_, place) => Enumerable.Range(0, sample.Count).Select(row => sample.Value(row, place)).ToArray()).ToArray();
        for (var place = 0; place < columns.Length; place++)
        {
            var (name, column) = (sample.Features[place], columns[place]);
            float[] learnt = [.. sample.Of(Slice.Train).Select(row => column[row])];
            float[] judged = [.. sample.Of(Slice.Test).Select(row => column[row])];
            var twin = Array.FindIndex(columns, 0, place, other => other.AsSpan().SequenceEqual(column) && Varies(column));
            yield return GateResult.Of("feature-twice", name, twin >= 0, null, "no other feature has all its values", twin >= 0 ? $"it is '{sample.Features[twin]}' over again" : "no other is equal");
            yield return Leak(name, column, sample, bounds);
            yield return GateResult.Of("feature-stale", name, Varies(learnt) && !Varies(judged), null, "it varies where it did", "constant in the slice that judges, not where it was learnt from");
            yield return Missing(name, learnt, judged, bounds);
            yield return Moved(name, learnt, judged, bounds);
        }
    }

    private static GateResult Leak(string name, float[] column, GateSample sample, DataBounds bounds)
    {
        var auc = AloneAuc(column, sample.Labels);
        var alone = Math.Max(auc, 1 - auc);
        return GateResult.Of("leak", name, alone > bounds.MostAlone, alone, Text($"an AUC of at most {bounds.MostAlone}"), "alone it tells positives from negatives so well");
    }

    private static GateResult Missing(string name, float[] learnt, float[] judged, DataBounds bounds)
    {
        var moved = MissingShare(judged) - MissingShare(learnt);
        return GateResult.Of("missing-share", name, !(Math.Abs(moved) <= bounds.MissingMoved), moved, Text($"moves by at most {bounds.MissingMoved}"), Text($"{MissingShare(learnt):P1} missing where it was learnt from, {MissingShare(judged):P1} where it is judged"));
    }

    private static GateResult Moved(string name, float[] learnt, float[] judged, DataBounds bounds)
    {
        var bound = Text($"within a factor of {bounds.FeatureFactor}");
        var (before, after) = (Sizes(learnt), Sizes(judged));
        if (before.Length < LeastValues || after.Length < LeastValues)
        {
            return GateResult.Of("feature-moved", name, false, null, bound, "too few values beside 0 to tell");
        }

        var ratio = (double)after[after.Length / 2] / before[before.Length / 2];
        return GateResult.Of("feature-moved", name, ratio > bounds.FeatureFactor || ratio < 1 / bounds.FeatureFactor, ratio, bound, "the median size in the slice that judges by that where it was learnt from");
    }

    /// <summary>The AUC of a column by itself; missing values lie below all others, so that what is there only for positives is seen too.</summary>
    internal static double AloneAuc(float[] column, List<float> labels)
    {
        float[] keys = [.. column.Select(value => float.IsNaN(value) ? float.NegativeInfinity : value)];
        float[] sorted = [.. labels];
        Array.Sort(keys, sorted);
        var (below, positives, concordant) = (0.0, 0.0, 0.0);
        for (int from = 0, to; from < keys.Length; from = to)
        {
            var (here, not) = (0, 0);
            for (to = from; to < keys.Length && keys[to].Equals(keys[from]); to++)
            {
                (here, not) = sorted[to] > 0 ? (here + 1, not) : (here, not + 1);
            }

            concordant += here * (below + (0.5 * not));
            (below, positives) = (below + not, positives + here);
        }

        return positives == 0 || below == 0 ? 0.5 : concordant / (positives * below);
    }

    private static bool Varies(float[] column) => Array.Exists(column, value => !value.Equals(column[0]));

    private static double MissingShare(float[] column) => column.Select(value => float.IsNaN(value) ? 1.0 : 0).DefaultIfEmpty(double.NaN).Average();

    private static float[] Sizes(float[] column) => [.. column.Where(value => float.IsFinite(value) && value != 0).Select(Math.Abs).Order()];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
