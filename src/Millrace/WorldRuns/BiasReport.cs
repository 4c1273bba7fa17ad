using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Learning.Training.Positions;

namespace Millrace.WorldRuns;

/// <summary>What position and delivery bias cost, and what each remedy leaves of it, over seeds.</summary>
/// <param name="Decisions">Of each log.</param>
/// <param name="Trees">Of each model.</param>
/// <param name="Positions">By seed.</param>
/// <param name="Latencies">By seed.</param>
internal sealed record BiasReport(int Decisions, int Trees, ImmutableArray<PositionFound> Positions, ImmutableArray<LatencyFound> Latencies)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Runs both worlds under every seed, one after the other: LightGBM's threads are the process's.</summary>
    public static async Task<BiasReport> RunAsync(IReadOnlyList<ulong> seeds, int decisions, int trees, int judged, Action<int> done, CancellationToken cancellation)
    {
        var (positions, latencies) = (ImmutableArray.CreateBuilder<PositionFound>(), ImmutableArray.CreateBuilder<LatencyFound>());
        foreach (var seed in seeds)
        {
            positions.Add(await PositionRun.RunAsync(seed, decisions, trees, judged, cancellation));
            latencies.Add(await LatencyRun.RunAsync(seed, decisions, trees, judged, cancellation));
            done(positions.Count);
        }

        return new BiasReport(decisions, trees, positions.ToImmutable(), latencies.ToImmutable());
    }

    /// <summary>The share of reward that a method loses.</summary>
    public MeanInterval Loss(string method) => MeanInterval.Of([.. Positions.Select(found => found.Losses[PositionRun.Methods.IndexOf(method)])]);

    /// <summary>The share of the lost exposure of new items that the correction recovers.</summary>
    public MeanInterval Recovered => MeanInterval.Of([.. Latencies.Select(found => found.Recovered)]);

    /// <summary>How far an estimate is from the truth at a 1-based rank.</summary>
    public MeanInterval Error(Func<PositionFound, ExaminationCurve> curve, int rank) =>
        MeanInterval.Of([.. Positions.Select(found => curve(found).At(rank) - PositionWorld.Page.Examination(rank - 1))]);

    /// <summary>The largest that any seed and rank has.</summary>
    public double Worst(Func<PositionFound, ExaminationCurve> curve) =>
        Positions.Max(found => Enumerable.Range(1, PositionWorld.Ranks).Max(rank => Math.Abs(curve(found).At(rank) - PositionWorld.Page.Examination(rank - 1))));

    /// <summary>The share of harvested intervals, of all ranks and seeds, that hold the truth.</summary>
    public double Covered => Positions.Average(found => Enumerable.Range(2, PositionWorld.Ranks - 1)
        .Average(rank => PositionWorld.Page.Examination(rank - 1) is var truth && truth >= found.Harvested.Ranks[rank - 1].Low && truth <= found.Harvested.Ranks[rank - 1].High ? 1.0 : 0));

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>As lines for people.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"{Positions.Length} seeds of {Decisions:N0} decisions, {Trees} trees; ± is half a 95 % interval over seeds");
        Line($"{"position",-10}reward lost against a model of unbiased clicks");
        foreach (var method in PositionRun.Methods)
        {
            Line($"  {method,-8}{Loss(method).Mean,8:P2} ± {Loss(method).HalfWidth:P2}");
        }

        (string Name, Func<PositionFound, ExaminationCurve> Of)[] curves = [("luce", found => found.Harvested), ("any", found => found.Any), ("em", found => found.Em)];
        Line($"{"rank",-6}{"truth",8}   error and least support (clicks) of: {string.Join(", ", curves.Select(curve => curve.Name))}");
        for (var rank = 2; rank <= PositionWorld.Ranks; rank++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{rank,-6}{PositionWorld.Page.Examination(rank - 1),8:F4}");
            foreach (var (_, of) in curves)
            {
                var error = Error(of, rank);
                text.Append(CultureInfo.InvariantCulture, $"{error.Mean,10:F4} ± {error.HalfWidth:F4}{Positions.Min(found => of(found).Ranks[rank - 1].Support),8:N0}");
            }

            text.Append('\n');
        }

        Line($"largest error of any seed and rank: {string.Join(", ", curves.Select(curve => string.Create(CultureInfo.InvariantCulture, $"{curve.Name} {Worst(curve.Of):F4}")))}; {Covered:P0} of luce's 95 % intervals hold the truth");
        Line($"delivery  exposure of new items");
        Line($"  cached  {Says(found => found.Ideal)}   (learnt where nobody waits)");
        Line($"  none    {Says(found => found.Naive)}");
        Line($"  fixed   {Says(found => found.Fixed)}   {Recovered.Mean:P1} ± {Recovered.HalfWidth:P1} of the loss recovered");
        return text.ToString();
    }

    private string Says(Func<LatencyFound, double> share) => MeanInterval.Of([.. Latencies.Select(share)]) is var all ? string.Create(CultureInfo.InvariantCulture, $"{all.Mean:P2} ± {all.HalfWidth:P2}") : "";
}
