using System.Collections.Immutable;

namespace Millrace.Learning.Training;

/// <summary>What a training came to.</summary>
internal sealed record TrainedForest
{
    /// <summary>LightGBM's text, up to the best round.</summary>
    public required string Model { get; init; }

    /// <summary>Trees of this training that the model has.</summary>
    public required int Rounds { get; init; }

    /// <summary>Rounds that were trained before it stopped.</summary>
    public required int Tried { get; init; }

    public required LossCurve Curve { get; init; }

    /// <summary>By feature, what its splits gained.</summary>
    public required ImmutableArray<double> Gain { get; init; }

    /// <summary>By feature, how many splits it has.</summary>
    public required ImmutableArray<double> Splits { get; init; }
}
