namespace Millrace.Learning.Training.Confounding;

/// <summary>
/// A column that a model learns with and is served without: what showing an item was like, known only once it was shown. After training it is held at one value for all items
/// (<see cref="ForestFold"/>), so that none is favoured or punished for how it happened to be shown.
/// </summary>
/// <param name="Name">Of the column; no feature may have it.</param>
/// <param name="Serving">The value that it is held at.</param>
/// <param name="Value">The value of an example; NaN is unknown.</param>
internal sealed record FixedColumn(string Name, float Serving, Func<ExampleBatch, int, float> Value)
{
    internal const string PositionName = "context.position";
    internal const string HitName = "context.delivery.hit";
    internal const string FirstByteName = "context.delivery.ttfb_ms";

    /// <summary>The rank at which an item was shown, held at the first.</summary>
    internal static FixedColumn Position { get; } = new(PositionName, 1, (batch, row) => batch.Ranks.Span[row] is > 0 and var rank ? rank : float.NaN);
}
