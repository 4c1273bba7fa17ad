using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>What a log says of a policy: estimates, how far they may be trusted, and the verdict.</summary>
internal sealed record Evaluation
{
    public required Overlap Overlap { get; init; }

    public required ImmutableArray<Estimate> Estimates { get; init; }

    /// <summary>What the policy that logged earned, by replicate.</summary>
    public required double[] Logged { get; init; }

    public required Verdict Verdict { get; init; }

    /// <summary>Why it is not evaluable, each once.</summary>
    public required ImmutableArray<NotEvaluableReason> Reasons { get; init; }

    public required ImmutableArray<(EvaluationGate Gate, Verdict Verdict)> Gates { get; init; }

    /// <summary>Judges estimates; without gates everything that is evaluable passes.</summary>
    public static Evaluation Of(Overlap overlap, ImmutableArray<Estimate> estimates, double[] logged, IEnumerable<EvaluationGate> gates, OverlapBounds bounds)
    {
        var lacking = overlap.Lacking(bounds);
        var judged = gates.Select(gate => (Gate: gate, Found: lacking.IsEmpty ? gate.Judge(estimates, logged, bounds) : (Verdict.NotEvaluable, null))).ToImmutableArray();
        ImmutableArray<NotEvaluableReason> reasons = [.. lacking.Concat(judged.Select(static gate => gate.Found.Item2).OfType<NotEvaluableReason>()).Distinct()];
        return new Evaluation
        {
            Overlap = overlap,
            Estimates = estimates,
            Logged = logged,
            Reasons = reasons,
            Gates = [.. judged.Select(static gate => (gate.Gate, gate.Found.Item1))],
            Verdict = !reasons.IsEmpty ? Verdict.NotEvaluable : judged.Any(static gate => gate.Found.Item1 == Verdict.Fail) ? Verdict.Fail : Verdict.Pass,
        };
    }

    /// <summary>Whether an estimate has no value: the log does not know the policy, or not by this estimator's own weights.</summary>
    public bool Refuses(Estimate estimate, OverlapBounds bounds) => !Overlap.Lacking(bounds).IsEmpty || estimate.Overlap?.Lacking(bounds).IsEmpty == false;

    /// <summary>Writes the members: one per estimator, then how far to trust them. Without overlap estimates have no value: nobody shall quote one.</summary>
    public void WriteTo(Utf8JsonWriter json, OverlapBounds bounds)
    {
        foreach (var estimate in Estimates)
        {
            var refused = Refuses(estimate, bounds);
            json.WriteStartObject(estimate.Name);
            Number(json, "value", refused ? double.NaN : estimate.Value);
            Ends(json, "low", "high", refused ? new(double.NaN, double.NaN) : estimate.Interval);
            if (estimate.Anytime is { } anytime && !refused)
            {
                Ends(json, "anytimeLow", "anytimeHigh", anytime);
            }

            if (!refused)
            {
                var above = estimate.Above(Logged);
                Number(json, "aboveLogged", above.Value);
                Ends(json, "aboveLow", "aboveHigh", above.Interval);
            }

            json.WriteEndObject();
        }

        json.WriteNumber("decisions", Overlap.Decisions);
        Number(json, "logged", Logged[0]);
        Number(json, "ess", Overlap.Effective);
        Number(json, "maxWeight", Overlap.MaxWeight);
        Number(json, "meanWeight", Overlap.MeanWeight);
        Number(json, "covered", Overlap.Covered);
        json.WriteNumber("persons", Overlap.Persons);
        json.WriteNumber("outcomes", Overlap.Outcomes);
        Number(json, "leftOutShare", Overlap.LeftOut);
        json.WriteString("verdict", Verdict.Word());
        json.WriteStartArray("reasons");
        foreach (var reason in Reasons)
        {
            json.WriteStringValue(reason.Word());
        }

        json.WriteEndArray();
        if (Gates.Length > 0)
        {
            json.WriteStartObject("gates");
            foreach (var (gate, verdict) in Gates)
            {
                json.WriteString(gate.ToString(), verdict.Word());
            }

            json.WriteEndObject();
        }
    }

    private static void Ends(Utf8JsonWriter json, string low, string high, Interval interval)
    {
        Number(json, low, interval.Low);
        Number(json, high, interval.High);
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
