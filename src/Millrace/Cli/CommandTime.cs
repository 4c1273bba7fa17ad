using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Millrace.Journal;

namespace Millrace.Cli;

/// <summary>An option that takes a time as RFC 3339, or a date, which is its midnight; in UTC where no offset is said.</summary>
internal static class CommandTime
{
    public static Option<UnixMicros?> Option(string name, string description, bool required = false) => new(name)
    {
        Description = $"{description} (RFC 3339; UTC where no offset is said).",
        HelpName = "TIME",
        Required = required,
        CustomParser = Parse,
    };

    private static UnixMicros? Parse(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return UnixMicros.From(time);
        }

        result.AddError($"expected a time like 2026-11-30T08:00:00Z, got '{text}'");
        return null;
    }
}
