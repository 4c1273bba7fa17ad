using System.Globalization;
using Millrace.Features.Numerics;

namespace Millrace.Learning.Training.Search;

/// <summary>What a search draws a parameter from.</summary>
/// <param name="Name">LightGBM's name of it.</param>
/// <param name="Low">The least.</param>
/// <param name="High">The most.</param>
/// <param name="IsLog">Drawn evenly by logarithm: what matters is the factor.</param>
/// <param name="IsWhole">Whole numbers alone.</param>
internal sealed record SearchRange(string Name, double Low, double High, bool IsLog, bool IsWhole)
{
    /// <summary>Reads <c>num_leaves=7..127</c>, <c>learning_rate=0.01..0.3:log</c>; whole where both ends are written so.</summary>
    /// <exception cref="TrainingException">It is not of this form.</exception>
    internal static SearchRange Parse(string text)
    {
        var (name, rest) = text.Split('=', 2) is [var before, var after] ? (before, after) : ("", "");
        var isLog = rest.EndsWith(":log", StringComparison.Ordinal);
        var ends = (isLog ? rest[..^4] : rest).Split("..");
        return name.Length > 0 && ends is [var least, var most]
            && double.TryParse(least, NumberStyles.Float, CultureInfo.InvariantCulture, out var low) && double.TryParse(most, NumberStyles.Float, CultureInfo.InvariantCulture, out var high)
            && double.IsFinite(low) && double.IsFinite(high) && low <= high && (low > 0 || !isLog)
            ? new SearchRange(name, low, high, isLog, IsWhole: !rest.Contains('.', StringComparison.Ordinal) || !ends.Any(end => end.AsSpan().IndexOfAny('.', 'e') >= 0))
            : throw new TrainingException($"expected a range like num_leaves=7..127 or learning_rate=0.01..0.3:log; got '{text}'");
    }

    /// <summary>A draw, as LightGBM reads it.</summary>
    internal string Draw(ulong seed, int trial, int place)
    {
        var unit = Philox.ToUnit(Philox.Draw(seed, (ulong)trial, (ulong)place).First);
        var (low, high) = IsWhole ? (Low, High + 1) : (Low, High);
        var drawn = IsLog ? low * Math.Pow(high / low, unit) : low + (unit * (high - low));
        return (IsWhole ? Math.Min(High, Math.Floor(drawn)) : double.Round(drawn, 6)).ToString(CultureInfo.InvariantCulture);
    }
}
