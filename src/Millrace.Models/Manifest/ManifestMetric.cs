namespace Millrace.Models.Manifest;

/// <summary>A figure that a model was judged by.</summary>
/// <param name="Value">Of the data itself.</param>
/// <param name="Low">Where its 95 % interval begins; null where none was drawn.</param>
/// <param name="High">And ends.</param>
/// <param name="Support">What it rests on: rows, lists or places; null where it is not known.</param>
public sealed record ManifestMetric(double Value, double? Low = null, double? High = null, double? Support = null);
