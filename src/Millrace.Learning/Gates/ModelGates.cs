using System.Globalization;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Learning.Gates;

/// <summary>Gates on the model's file: that it is the one that was reported, loads within bounds, reads these features, scores as its trainer does, and in time.</summary>
internal static class ModelGates
{
    private const int Batch = 200;
    private const int Turns = 7;

    /// <summary>Judges it.</summary>
    /// <param name="given">The model and its examples.</param>
    /// <param name="bounds">What it keeps to.</param>
    /// <param name="clock">Measures how long scoring takes.</param>
    /// <param name="forest">What the file holds; null when it is none, and then nothing else can be judged.</param>
    internal static List<GateResult> Judge(GateCase given, ModelBounds bounds, TimeProvider clock, out Forest? forest)
    {
        var found = ModelDigest.Of(given.Model);
        List<GateResult> results =
        [
            GateResult.Of("model-digest", "", found != given.Digest, null, "the digest that its training reported", $"the file has {found}, reported was {given.Digest}"),
            GateResult.Of("model-bytes", "", given.Model.LongLength > bounds.MostBytes, given.Model.LongLength, $"at most {bounds.MostBytes}", "bytes of the file"),
        ];
        var why = "it is a model within bounds";
        forest = null;
        try
        {
            forest = ForestFile.Read(given.Model);
        }
        catch (ForestException fault)
        {
            why = fault.Message;
        }

        results.Add(GateResult.Of("model-loads", "", forest is null, null, "a model within bounds", why));
        if (forest is null)
        {
            return results;
        }

        var same = forest.Features.SequenceEqual(given.Features) && given.Features.SequenceEqual(given.Sample.Features);
        results.Add(GateResult.Of("feature-parity", "", !same, null, "the model, its report and the examples have the same features, in the same order", same ? "they have" : "they have not"));
        if (forest.FeaturesRead().All(given.Sample.Features.Contains))
        {
            Scores(given, forest, bounds, clock, results);
        }

        return results;
    }

    private static void Scores(GateCase given, Forest forest, ModelBounds bounds, TimeProvider clock, List<GateResult> results)
    {
        var (scorer, scratch) = (new ForestScorer([forest], given.Sample.Features), new ForestScratch());
        float[] rows = [.. given.Sample.Of(Slice.Test).SelectMany(row => given.Sample.Row(row).ToArray())];
        var count = rows.Length / Math.Max(1, scorer.Columns);
        var scores = new double[count * scorer.Outputs];
        scorer.Raw(rows, count, scores, scratch);
        var broken = scores.Count(score => !double.IsFinite(score));
        results.Add(GateResult.Of("scores-finite", "", broken > 0, broken, "all", $"{broken} scores are not finite"));
        var distinct = scores.Distinct().Count();
        results.Add(GateResult.Of("scores-vary", "", distinct < 2, distinct, "at least 2", "scores that differ"));
        results.Add(Parity(given, rows, scores, bounds));
        results.Add(Latency(scorer, scratch, rows, bounds, clock));
    }

    private static GateResult Parity(GateCase given, float[] rows, double[] scores, ModelBounds bounds)
    {
        var bound = string.Create(CultureInfo.InvariantCulture, $"at most {bounds.MostDifference}");
        if (given.Trainer is null)
        {
            // Not asked for where the trainer is not here: the scorer itself is held to LightGBM's bits by its own tests.
            return GateResult.Of("score-parity", "", false, null, bound, "the library that trained it is not here");
        }

        var theirs = given.Trainer(rows);
        var most = scores.Select((score, place) => Math.Abs(score - theirs[place])).DefaultIfEmpty(0).Max();
        return GateResult.Of("score-parity", "", !(most <= bounds.MostDifference), most, bound, "the largest difference of raw scores from the trainer's");
    }

    // The least of several turns: what else the machine does only adds.
    private static GateResult Latency(ForestScorer scorer, ForestScratch scratch, float[] rows, ModelBounds bounds, TimeProvider clock)
    {
        var count = Math.Min(Batch, rows.Length / Math.Max(1, scorer.Columns));
        var (scores, least) = (new double[count * scorer.Outputs], double.PositiveInfinity);
        for (var turn = 0; turn < Turns; turn++)
        {
            var began = clock.GetTimestamp();
            scorer.Raw(rows.AsSpan(0, count * scorer.Columns), count, scores, scratch);
            least = Math.Min(least, clock.GetElapsedTime(began).TotalMicroseconds / Math.Max(1, count));
        }

        return GateResult.Of("latency", "", least > bounds.MostMicros, least, string.Create(CultureInfo.InvariantCulture, $"at most {bounds.MostMicros} µs"), $"a row in a batch of {count}");
    }
}
