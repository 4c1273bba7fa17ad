using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Millrace.Learning.Fairness;

namespace Millrace.WorldRuns;

/// <summary>What a pace restores between providers of equal quality, and what it costs, over seeds.</summary>
/// <param name="Views">Of each run.</param>
/// <param name="Methods">As <see cref="FairnessWorld.Methods"/>; each by seed.</param>
internal sealed record FairnessReport(int Views, ImmutableArray<(string Name, ImmutableArray<FairnessFound> Found)> Methods)
{
    /// <summary>Exposure may be off parity by so much.</summary>
    public const double Tolerance = 0.02;

    /// <summary>Runs all policies under every seed, several at a time.</summary>
    public static FairnessReport Run(IReadOnlyList<ulong> seeds, int views, int parallel, CancellationToken cancellation)
    {
        var methods = FairnessWorld.Methods;
        var found = new FairnessFound[methods.Length * seeds.Count];
        Parallel.For(0, found.Length, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellation }, run =>
            found[run] = new FairnessRun(methods[run % methods.Length], seeds[run / methods.Length]).Run(views, cancellation));
        return new FairnessReport(views, [.. methods.Select((method, m) => (method.Name, seeds.Select((_, s) => found[(s * methods.Length) + m]).ToImmutableArray()))]);
    }

    /// <summary>The starved provider's share of exposure, by method.</summary>
    public MeanInterval Share(int method) => MeanInterval.Of([.. Methods[method].Found.Select(found => found.Exposure.Share(FairnessWorld.Starved).Value)]);

    /// <summary>Its exposure for its merit by the other's.</summary>
    public MeanInterval Treatment(int method) => MeanInterval.Of([.. Methods[method].Found.Select(found => found.Exposure.TreatmentRatio(FairnessWorld.Starved, FairnessWorld.Favoured).Value)]);

    /// <summary>Expected clicks of a slate.</summary>
    public MeanInterval Clicks(int method) => MeanInterval.Of([.. Methods[method].Found.Select(found => found.Clicks)]);

    /// <summary>What the pace costs the policy that has it: the share of clicks that is lost, paired by seed; below 0 is a gain.</summary>
    public MeanInterval Price => MeanInterval.Of([.. Methods[^2].Found.Zip(Methods[^1].Found, (before, after) => 1 - (after.Clicks / before.Clicks))]);

    /// <summary>What the gate on parity says of a method, seed by seed.</summary>
    public IEnumerable<FairnessVerdict> Verdicts(int method)
    {
        var gate = new FairnessGate("exposureShare", FairnessWorld.Starved, 0.5 - Tolerance, 0.5 + Tolerance);
        return Methods[method].Found.Select(found => gate.Judge(found.Exposure.Share(FairnessWorld.Starved)));
    }

    /// <summary>As lines for people.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{FairnessWorld.Scenario.Description}: {Methods[0].Found.Length} seeds of {Views:N0} views, of the second half\n");
        text.Append(CultureInfo.InvariantCulture, $"{"method",-14}{"exposure share",-22}{"treatment ratio",-22}{"clicks a slate",-22}gate pass/fail/not-evaluable\n");
        for (var m = 0; m < Methods.Length; m++)
        {
            FairnessOutcome[] said = [.. Verdicts(m).Select(verdict => verdict.Outcome)];
            text.Append(CultureInfo.InvariantCulture, $"{Methods[m].Name,-14}{Says(Share(m)),-22}{Says(Treatment(m)),-22}{Says(Clicks(m)),-22}")
                .Append(CultureInfo.InvariantCulture, $"{said.Count(one => one == FairnessOutcome.Pass)}/{said.Count(one => one == FairnessOutcome.Fail)}/{said.Count(one => one == FairnessOutcome.NotEvaluable)}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"price         {Price.Mean:P1} ± {Price.HalfWidth:P1} of the clicks, of {Methods[^1].Name} beside {Methods[^2].Name} (below 0 is a gain)\n").ToString();
    }

    private static string Says(MeanInterval interval) => string.Create(CultureInfo.InvariantCulture, $"{interval.Mean:F4} ± {interval.HalfWidth:F4}");
}
