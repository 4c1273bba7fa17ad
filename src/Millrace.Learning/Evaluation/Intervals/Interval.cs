namespace Millrace.Learning.Evaluation.Intervals;

/// <summary>Where a value lies, ends included; not a number where nothing can be said.</summary>
internal readonly record struct Interval(double Low, double High)
{
    public bool Holds(double value) => Low <= value && value <= High;
}
