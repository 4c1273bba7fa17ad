using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Learning.Training.Positions;
using Millrace.Learning.Training.Search;
using Millrace.Learning.Training.Slices;

namespace Millrace.Train;

/// <summary>What a training was, and came to; one object of JSON.</summary>
internal sealed record TrainReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required IReadOnlyDictionary<string, string> Source { get; init; }

    /// <summary>What trained: LightGBM and its version, or the command.</summary>
    public required string Trainer { get; init; }

    /// <summary>SHA-256 of the model's file, in lower-case hexadecimal: what a policy names it by.</summary>
    public required string Digest { get; init; }

    /// <summary>Of the model that it went on from; null for none.</summary>
    public string? Parent { get; init; }

    public required string Objective { get; init; }

    /// <summary>LightGBM's, as it was given them; null where another trained.</summary>
    public string? Parameters { get; init; }

    public required int Seed { get; init; }

    public required IReadOnlyList<string> Features { get; init; }

    /// <summary>SHA-256 of the names of the features in order.</summary>
    public required string FeaturesDigest { get; init; }

    /// <summary>By slice, how many examples, of how many decisions, from when to when (Unix µs), and their sums of weights and of weighted labels.</summary>
    public required IReadOnlyDictionary<Slice, SliceCounts> Slices { get; init; }

    /// <summary>What was done about how examples came to be seen; null for nothing.</summary>
    public BiasRemediesReport? Bias { get; init; }

    /// <summary>Trees that this training added.</summary>
    public int? Rounds { get; init; }

    /// <summary>Trees that were tried before it stopped.</summary>
    public int? Tried { get; init; }

    /// <summary>Trees of this training that an interrupted run had made already.</summary>
    public int? Resumed { get; init; }

    /// <summary>By metric, its values on the slice that stops, round by round.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>>? Curve { get; init; }

    /// <summary>By feature, what its splits gained and how many there are, the largest gain first.</summary>
    public IReadOnlyList<FeatureImportance>? Importance { get; init; }

    /// <summary>On the slice that judges, uncalibrated.</summary>
    public required IReadOnlyDictionary<string, double> HeldOut { get; init; }

    public CalibrationReport? Calibration { get; init; }

    public IReadOnlyList<Trial>? Trials { get; init; }

    /// <summary>Whether the search ran out of time.</summary>
    public bool? TrialsCut { get; init; }

    public required double Seconds { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}

/// <summary>How much a model makes of a feature.</summary>
internal sealed record FeatureImportance(string Feature, double Gain, double Splits);

/// <summary>Which calibration was chosen, and what it gains.</summary>
/// <param name="Chosen">Its name.</param>
/// <param name="Losses">By name, the log loss on the half that chose.</param>
/// <param name="Before">On the half that judges, without it.</param>
/// <param name="After">And with it.</param>
internal sealed record CalibrationReport(string Chosen, IReadOnlyDictionary<string, double> Losses, double Before, double After);

/// <summary>What was done about how examples came to be seen.</summary>
/// <param name="Remedies">What was asked for.</param>
/// <param name="Held">Columns that the model learnt with and is served without, and what they are held at.</param>
/// <param name="Examination">By rank; null where it was not needed.</param>
internal sealed record BiasRemediesReport(BiasRemedies Remedies, IReadOnlyDictionary<string, float> Held, ExaminationCurve? Examination);
