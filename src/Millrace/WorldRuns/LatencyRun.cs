using Millrace.Learning.Training.Confounding;
using Millrace.Models.Trees;

namespace Millrace.WorldRuns;

/// <summary>What a naive and a corrected model show of new items in a <see cref="LatencyWorld"/>, beside one that learnt from a world without waits.</summary>
internal static class LatencyRun
{
    internal static async Task<LatencyFound> RunAsync(ulong seed, int decisions, int trees, int judged, CancellationToken cancellation)
    {
        var world = new LatencyWorld(seed);
        var (logged, cached) = world.Log(decisions);
        var columns = await DeliveryColumns.FindAsync(logged, BiasTraining.Slices, cancellation);
        return new LatencyFound(
            Exposure(world, await BiasTraining.TrainAsync(cached, trees, [], cancellation), judged),
            Exposure(world, await BiasTraining.TrainAsync(logged, trees, [], cancellation), judged),
            Exposure(world, await BiasTraining.TrainAsync(logged, trees, columns, cancellation), judged));
    }

    /// <summary>The share of all looks that new items get.</summary>
    private static double Exposure(LatencyWorld world, Forest forest, int judged)
    {
        var (scorer, scratch) = (new ForestScorer([forest], LatencyWorld.Features), new ForestScratch());
        var (rows, looks, all) = (new float[LatencyWorld.Candidates * LatencyWorld.Features.Length], 0.0, 0.0);
        for (var decision = 0; decision < judged; decision++)
        {
            world.Later(decision, rows);
            var order = BiasTraining.Rank(scorer, rows, LatencyWorld.Candidates, scratch);
            for (var rank = 0; rank < LatencyWorld.Shown; rank++)
            {
                var look = PositionWorld.Page.Examination(rank);
                all += look;
                looks += LatencyWorld.IsNew(rows.AsSpan(order[rank] * LatencyWorld.Features.Length, LatencyWorld.Features.Length)) ? look : 0;
            }
        }

        return looks / all;
    }
}

/// <summary>The share of exposure that new items get.</summary>
/// <param name="Ideal">By a model that learnt where all bodies were cached.</param>
/// <param name="Naive">By one that does not know of the wait.</param>
/// <param name="Fixed">By one that learnt with the delivery known and is served as if all were hits.</param>
internal sealed record LatencyFound(double Ideal, double Naive, double Fixed)
{
    /// <summary>Of what the naive model loses, the share that the corrected one recovers.</summary>
    internal double Recovered => (Fixed - Naive) / (Ideal - Naive);
}
