using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Pareto;

/// <summary>What weights would have earned; one object of JSON.</summary>
internal sealed record ParetoReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required string Surface { get; init; }

    public required string Policy { get; init; }

    /// <summary>How values are estimated.</summary>
    public string Estimator { get; } = "prefix importance sampling, self-normalised by place (snips) and plain (ips), per decision";

    public required IReadOnlyList<Objective> Objectives { get; init; }

    /// <summary>By objective: the events that were joined.</summary>
    public required IReadOnlyList<long> Events { get; init; }

    /// <summary>Decisions that were judged.</summary>
    public required long Decisions { get; init; }

    public required IReadOnlyDictionary<string, long> LeftOut { get; init; }

    public required double WindowSeconds { get; init; }

    public required int Replicates { get; init; }

    public required ulong Seed { get; init; }

    public required double LeastEffective { get; init; }

    public required double LeastCovered { get; init; }

    /// <summary>The present weights first.</summary>
    public required IReadOnlyList<ParetoRow> Rows { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}

/// <summary>One weighting.</summary>
internal sealed record ParetoRow
{
    public const string Pass = "pass";

    public const string NotEvaluable = "not-evaluable";

    /// <summary>By head.</summary>
    public required IReadOnlyDictionary<string, double> Weights { get; init; }

    /// <summary>Whether they are the policy's own.</summary>
    public bool Present { get; init; }

    /// <summary>By objective.</summary>
    public required IReadOnlyList<ParetoValue> Values { get; init; }

    public required double EffectiveDecisions { get; init; }

    public required double MaxWeight { get; init; }

    /// <summary>The share of its slates that could have been logged.</summary>
    public required double Covered { get; init; }

    public required string Verdict { get; init; }

    /// <summary>Why it is not evaluable; null when it is.</summary>
    public string? Why { get; init; }

    /// <summary>Whether no weighting that passes is better in one objective and no worse in the others.</summary>
    public bool Frontier { get; init; }

    [JsonIgnore]
    public bool Passes => Verdict == Pass;
}

/// <summary>The estimate of one objective: per decision, with its 95 % interval, and by how much it is above the present weights, paired.</summary>
internal sealed record ParetoValue(double Snips, double Low, double High, double Ips, double Above, double AboveLow, double AboveHigh);
