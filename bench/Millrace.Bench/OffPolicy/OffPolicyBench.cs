using System.Globalization;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Bench.OffPolicy;

/// <summary>Whether estimates and their intervals are what they say, in worlds whose truth is known.</summary>
internal static class OffPolicyBench
{
    /// <summary>Of each log; some thousand leave about 1,000 effective decisions.</summary>
    internal const int Decisions = 3_000;

    internal const int Replicates = 300;

    /// <summary>Worlds draw by other seeds than the bootstrap: both name persons by number, and a replicate that shares its draws with what was clicked is none.</summary>
    private const ulong World = 1UL << 40;

    internal static int Run(int seeds)
    {
        Say("single actions", Actions(seeds, Decisions, Replicates), seeds, Decisions);
        Say("slates, a cascade", Slates(cascade: true, seeds, Decisions, Replicates), seeds, Decisions);
        Say("slates, places independent", Slates(cascade: false, seeds, Decisions, Replicates), seeds, Decisions);
        var many = Math.Max(1, seeds / 20);
        Say("single actions, 100 k decisions", Actions(many, 100_000, 20), many, 100_000);
        return 0;
    }

    internal static Coverage Actions(int seeds, int decisions, int replicates)
    {
        var world = new ActionWorld();
        var coverage = new Coverage(world.Truth);
        for (var seed = 0; seed < seeds; seed++)
        {
            var estimators = new ActionEstimators(new EstimationOptions { Replicates = replicates, Seed = (ulong)seed, WeightBound = world.WeightBound });
            foreach (var action in world.Log(World + (ulong)seed, decisions))
            {
                estimators.Add(action);
            }

            coverage.Add(estimators.Estimates());
        }

        return coverage;
    }

    internal static Coverage Slates(bool cascade, int seeds, int decisions, int replicates)
    {
        var world = new SlateWorld(cascade);
        var coverage = new Coverage(world.Truth);
        for (var seed = 0; seed < seeds; seed++)
        {
            var estimators = new SlateEstimators(new EstimationOptions { Replicates = replicates, Seed = (ulong)seed, WeightBound = SlateWorld.WeightBound });
            world.Log(World + (ulong)seed, decisions, estimators);
            coverage.Add(estimators.Estimates());
        }

        return coverage;
    }

    private static void Say(string world, Coverage coverage, int seeds, int decisions)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{world}: {seeds:N0} seeds of {decisions:N0} decisions; how often an interval of 95 % holds the truth"));
        Console.WriteLine($"{"",-14} {"studentised",12} {"percentile",12} {"anytime",12} {"mean error",12} {"mean size",12}");
        foreach (var (name, tally) in coverage.Tallies)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-14} {(double)tally.Studentised / tally.Seeds,12:P2} {(double)tally.Percentile / tally.Seeds,12:P2} {(tally.Anytimes == 0 ? "" : ((double)tally.Anytime / tally.Anytimes).ToString("P2", CultureInfo.InvariantCulture)),12} {tally.Error / tally.Seeds,12:P3} {tally.Size / tally.Seeds,12:P3}"));
        }

        Console.WriteLine();
    }
}
