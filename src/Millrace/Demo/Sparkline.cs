namespace Millrace.Demo;

/// <summary>A series in one line of text.</summary>
internal static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>One bar per value, from 0 at the bottom to <paramref name="top"/>; the last <paramref name="width"/> values.</summary>
    public static string Of(IEnumerable<double> values, double top, int width) => string.Concat(values.TakeLast(width)
        .Select(value => Bars[Math.Clamp((int)(top > 0 ? value / top * Bars.Length : 0), 0, Bars.Length - 1)]));
}
