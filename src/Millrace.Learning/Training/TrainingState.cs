using System.Collections.Immutable;

namespace Millrace.Learning.Training;

/// <summary>Where a training stands between two trees: enough to go on from.</summary>
/// <param name="Model">LightGBM's text, with the trees of the model that it began with.</param>
/// <param name="Rounds">Trees of this training.</param>
/// <param name="Metrics">The names of the curve.</param>
/// <param name="Curve">By round.</param>
internal sealed record TrainingState(string Model, int Rounds, ImmutableArray<string> Metrics, ImmutableArray<ImmutableArray<double>> Curve);
