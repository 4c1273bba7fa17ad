using System.Collections.Immutable;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Confounding;
using Millrace.Learning.Training.Positions;
using Millrace.Models.Trees;

namespace Millrace.WorldRuns;

/// <summary>Every way to learn in spite of positions, in one <see cref="PositionWorld"/>, each judged by the clicks to be expected of its ranking.</summary>
internal static class PositionRun
{
    internal const string Naive = "none";
    internal const string Weights = "weights";
    internal const string Feature = "feature";
    internal const string Em = "em";
    internal static readonly ImmutableArray<string> Methods = [Naive, Weights, Feature, Em];

    internal static async Task<PositionFound> RunAsync(ulong seed, int decisions, int trees, int judged, CancellationToken cancellation)
    {
        var world = new PositionWorld(seed);
        var (logged, unbiased) = world.Log(decisions);
        var any = await PairHarvest.EstimateAsync(logged, BiasTraining.Slices, PositionWorld.Ranks, PairDraws.Any, seed, cancellation);
        var harvested = await PairHarvest.EstimateAsync(logged, BiasTraining.Slices, PositionWorld.Ranks, PairDraws.Luce, seed, cancellation);
        var em = new RegressionEm(logged, BiasTraining.Slices, BiasTraining.Settings(trees), PositionWorld.Ranks);
        await em.RunAsync(RegressionEm.UsualRounds, cancellation);
        async Task<double> Judge(IExamples examples, params ImmutableArray<FixedColumn> columns) =>
            Reward(world, await BiasTraining.TrainAsync(examples, trees, columns, cancellation), judged);
        var best = await Judge(unbiased);
        double[] rewards =
        [
            await Judge(logged),
            await Judge(WeighedExamples.ByClick(logged, harvested)),
            await Judge(logged, FixedColumn.Position),
            await Judge(em.Weighed()),
        ];
        return new PositionFound(any, harvested, em.Curve, [.. rewards.Select(reward => 1 - (reward / best))]);
    }

    private static double Reward(PositionWorld world, Forest forest, int judged)
    {
        var (scorer, scratch, sum) = (new ForestScorer([forest], PositionWorld.Features), new ForestScratch(), 0.0);
        var rows = new float[PositionWorld.Ranks * PositionWorld.Features.Length];
        for (var decision = 0; decision < judged; decision++)
        {
            world.Later(decision, rows);
            sum += PositionWorld.Reward(rows, BiasTraining.Rank(scorer, rows, PositionWorld.Ranks, scratch));
        }

        return sum;
    }
}

/// <summary>What was found under one seed.</summary>
/// <param name="Any">Examination by the draws, of which only the propensities are known.</param>
/// <param name="Harvested">Examination by the draws, known to be Plackett and Luce's.</param>
/// <param name="Em">Examination by regression-EM.</param>
/// <param name="Losses">By method, the share of reward that its ranking loses against that of the model of unbiased clicks.</param>
internal sealed record PositionFound(ExaminationCurve Any, ExaminationCurve Harvested, ExaminationCurve Em, ImmutableArray<double> Losses);
