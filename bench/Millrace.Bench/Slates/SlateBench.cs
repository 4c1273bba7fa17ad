using System.Globalization;
using Millrace.Decisions.Exploration;
using Millrace.Features.Numerics;
using Millrace.Models.Policies;

namespace Millrace.Bench.Slates;

/// <summary>
/// What drawing a slate of ten out of 200 costs, by rule, and what limits, quotas and likeness add. CPU time of the process, since the machine may be busy with others.
/// </summary>
internal static class SlateBench
{
    private const int Candidates = 200;
    private const int Places = 10;
    private const int Dimensions = 64;

    internal static int Run(int slates)
    {
        string[] extras = ["plain", "limits", "limits and quotas", "likeness by attribute", "likeness by vectors", "all"];
        Console.WriteLine($"ns per slate of {Places} out of {Candidates}, {slates} slates each");
        foreach (ExplorationMethod method in Enum.GetValues<ExplorationMethod>())
        {
            foreach (string extra in extras)
            {
                Measure(method, extra, Math.Min(slates, 2_000));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{method,-14} {extra,-22} {Measure(method, extra, slates),9:0}"));
            }
        }

        return 0;
    }

    private static double Measure(ExplorationMethod method, string extra, int slates)
    {
        bool all = extra == "all";
        bool limits = all || extra.StartsWith("limits", StringComparison.Ordinal);
        bool quotas = all || extra.EndsWith("quotas", StringComparison.Ordinal);
        bool vectors = all || extra.EndsWith("vectors", StringComparison.Ordinal);
        bool kin = extra.EndsWith("attribute", StringComparison.Ordinal);
        int[] order = [.. Enumerable.Range(0, Candidates)];
        double Unit(int at) => Philox.ToUnit(Philox.Draw(1, 7, (ulong)at).First);
        double[] utilities = [.. order.Select(i => 1 - (i / (double)Candidates))];
        double[] draws = method == ExplorationMethod.Thompson ? [.. Enumerable.Range(0, 100 * Candidates).Select(at => utilities[at % Candidates] + (0.3 * Unit(at)))] : [];
        int[] groups = limits ? [.. order.SelectMany(i => new[] { (int)(Unit(i) * 30), (int)(Unit(i + 1000) * 20) })] : [];
        byte[] members = quotas ? [.. order.Select(i => (byte)((Unit(i + 2000) < 0.2 ? 1 : 0) | (Unit(i + 3000) < 0.1 ? 2 : 0) | (i % 40 == 39 ? 4 : 0)))] : [];
        int[] kinships = kin ? [.. order.Select(i => (int)(Unit(i + 4000) * 12))] : [];
        sbyte[] places = vectors ? [.. Enumerable.Range(0, Candidates * Dimensions).Select(at => (sbyte)((Unit(at + 5000) * 254) - 127))] : [];
        float[] trials = [.. order.Select(i => i % 50 == 49 ? 1f : 1000)];
        int[] pins = [.. Enumerable.Repeat(-1, Places)];
        var (scratch, slate) = (new SlateScratch(), new Placement[Places]);
        var problem = new SlateProblem
        {
            Order = order,
            Utilities = utilities,
            Draws = draws,
            Groups = groups,
            Limits = limits ? [2, 3] : [],
            GroupCount = 30,
            Quotas = members,
            Needs = quotas ? [2, 1, 1] : [],
            Reaches = quotas ? [5, 10, 10] : [],
            Pins = pins,
            Explore = new Exploration(0.05) { Method = method, New = new NewItems("trials", 200, 2) },
            Lambda = vectors || kin ? 0.3 : 0,
            Kinships = kinships,
            Vectors = places,
            Dimensions = Dimensions,
            Trials = trials,
        };
        TimeSpan before = Environment.CpuUsage.UserTime;
        for (int i = 0; i < slates; i++) SlateSampler.Sample(problem, (ulong)i, scratch, slate);
        return (Environment.CpuUsage.UserTime - before).TotalNanoseconds / slates;
    }
}
