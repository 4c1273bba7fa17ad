using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Learning.Training.Calibration;

/// <summary>From the probability that a model says to the one that came true; never falling, so that it changes no order.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NoCalibrator), "none")]
[JsonDerivedType(typeof(PlattCalibrator), "platt")]
[JsonDerivedType(typeof(TemperatureCalibrator), "temperature")]
[JsonDerivedType(typeof(IsotonicCalibrator), "isotonic")]
internal abstract record Calibrator
{
    /// <summary>What is said is cut to this distance from 0 and 1: one surprise must not cost an infinite loss.</summary>
    internal const double Edge = 1e-6;

    [JsonIgnore]
    internal abstract string Name { get; }

    internal abstract double Apply(double probability);

    internal static double Within(double probability) => Math.Clamp(probability, Edge, 1 - Edge);

    internal static double Logit(double probability) => Math.Log(Within(probability) / (1 - Within(probability)));

    internal static double Sigmoid(double score) => 1 / (1 + Math.Exp(-score));

    internal string ToJson() => JsonSerializer.Serialize(this, CalibrationJson.Default.Calibrator) + "\n";

    /// <exception cref="JsonException">It is no calibration.</exception>
    internal static Calibrator Parse(string json) => JsonSerializer.Deserialize(json, CalibrationJson.Default.Calibrator) ?? throw new JsonException("null is no calibration");
}

/// <summary>What the model says, as it is.</summary>
internal sealed record NoCalibrator : Calibrator
{
    internal override string Name => "none";

    internal override double Apply(double probability) => probability;
}

/// <summary>A line on the logit (Platt 1999): σ(slope · logit + offset).</summary>
internal sealed record PlattCalibrator(double Slope, double Offset) : Calibrator
{
    internal override string Name => "platt";

    internal override double Apply(double probability) => Within(Sigmoid((Slope * Logit(probability)) + Offset));
}

/// <summary>The logit by a temperature (Guo et al. 2017): σ(logit / temperature).</summary>
internal sealed record TemperatureCalibrator(double Temperature) : Calibrator
{
    internal override string Name => "temperature";

    internal override double Apply(double probability) => Within(Sigmoid(Logit(probability) / Temperature));
}

/// <summary>The best function that never falls (Zadrozny and Elkan 2002), as steps joined by lines.</summary>
/// <param name="At">What the model says, ascending.</param>
/// <param name="Says">What came true there, never falling.</param>
internal sealed record IsotonicCalibrator(ImmutableArray<double> At, ImmutableArray<double> Says) : Calibrator
{
    internal override string Name => "isotonic";

    internal override double Apply(double probability)
    {
        var place = At.BinarySearch(probability);
        if (place >= 0)
        {
            return Within(Says[place]);
        }

        var above = ~place;
        if (above == 0 || above == At.Length)
        {
            return Within(Says[above == 0 ? 0 : ^1]);
        }

        var share = (probability - At[above - 1]) / (At[above] - At[above - 1]);
        return Within(Says[above - 1] + (share * (Says[above] - Says[above - 1])));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Calibrator))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
