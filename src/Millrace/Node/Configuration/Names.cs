using System.Text.RegularExpressions;

namespace Millrace.Node.Configuration;

/// <summary>Names that a user gives to policies, surfaces, slots, features.</summary>
internal static partial class Names
{
    public const string Expected = "a name of 1 to 64 letters, digits, '_', '-', '.' that begins with a letter or digit";
    public const string Pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$";

    public static bool IsName(string text) => NamePattern().IsMatch(text);

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
