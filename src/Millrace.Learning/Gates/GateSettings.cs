using System.Collections.Immutable;

namespace Millrace.Learning.Gates;

/// <summary>What a model must keep to before it may serve. Defaults are wide: they stop what is broken, and few sound models (record 0040 has how many).</summary>
internal sealed record GateSettings
{
    public DataBounds Data { get; init; } = new();

    public ModelBounds Model { get; init; } = new();

    public ImmutableArray<MetricGate> Metrics { get; init; } = [];

    public ImmutableArray<ExposureGate> Exposure { get; init; } = [];

    /// <summary>By how much log loss may be worse than the current model's, as a share of it; null where none is asked for.</summary>
    public double? MostWorse { get; init; } = 0.02;

    /// <summary>What comes true by what was predicted, in all, lies within this factor.</summary>
    public double CalibrationFactor { get; init; } = 1.25;

    /// <summary>Of the bootstrap over persons.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>Bounds of the examples.</summary>
internal sealed record DataBounds
{
    /// <summary>Of rows that are there twice.</summary>
    public double MostDuplicates { get; init; } = 0.01;

    /// <summary>Positives and negatives of the slice that judges, each.</summary>
    public int LeastSupport { get; init; } = 100;

    /// <summary>The share of labels that are positive, in the slice that judges by those learnt from, lies within this factor.</summary>
    public double LabelFactor { get; init; } = 2;

    /// <summary>A feature's typical size likewise: units differ by 10 or more.</summary>
    public double FeatureFactor { get; init; } = 4;

    /// <summary>By how much the share of missing values may grow or shrink.</summary>
    public double MissingMoved { get; init; } = 0.2;

    /// <summary>The AUC of a single feature: more knows the answer.</summary>
    public double MostAlone { get; init; } = 0.95;

    /// <summary>The share of rows that as many of equal weight would be worth.</summary>
    public double LeastEffective { get; init; } = 0.05;
}

/// <summary>Bounds of the model itself.</summary>
internal sealed record ModelBounds
{
    /// <summary>Of its file.</summary>
    public long MostBytes { get; init; } = 64 << 20;

    /// <summary>To score a row in a batch of 200, in µs.</summary>
    public double MostMicros { get; init; } = 50;

    /// <summary>Between our raw scores and the trainer's.</summary>
    public double MostDifference { get; init; } = 1e-9;
}

/// <summary>A bound of a metric on a slice. It fails where the whole 95 % interval lies beyond it.</summary>
/// <param name="Metric">auc, logloss, entropy (normalised), ece or calibration.</param>
/// <param name="By">The feature whose every value is a slice; null for the whole.</param>
/// <param name="AtLeast">Its floor; null for none.</param>
/// <param name="AtMost">Its ceiling; null for none.</param>
internal sealed record MetricGate(string Metric, string? By = null, double? AtLeast = null, double? AtMost = null)
{
    internal static readonly ImmutableArray<string> Names = ["auc", "logloss", "entropy", "ece", "calibration"];
}

/// <summary>Of each value of a feature, how much of the first places its rows get by how much of all places they have.</summary>
/// <param name="By">The feature that names groups.</param>
/// <param name="AtLeast">Its floor.</param>
/// <param name="Places">How many places count.</param>
internal sealed record ExposureGate(string By, double AtLeast = 0.5, int Places = 1);
