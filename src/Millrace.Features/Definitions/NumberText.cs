using System.Globalization;

namespace Millrace.Features.Definitions;

/// <summary>Attributes that are numbers, or true and false.</summary>
internal static class NumberText
{
    /// <summary>The number, 1 for true, 0 for false; null when it is none of them, or not finite.</summary>
    internal static double? Parse(string text) => text switch
    {
        "true" => 1,
        "false" => 0,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null,
    };
}
