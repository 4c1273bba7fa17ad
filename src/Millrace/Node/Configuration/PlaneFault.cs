namespace Millrace.Node.Configuration;

/// <summary>A fault as the planes tell it, <c>path: expected …; got …; nearest is '…'</c>, and as a configuration's.</summary>
internal static class PlaneFault
{
    private const string ExpectedWord = "expected ";
    private const string GotWord = "; got ";
    private const string NearestWord = "; nearest is '";

    /// <summary>The same fault at the place that <paramref name="mark"/> finds for its path.</summary>
    public static ConfigFault Read(string fault, Func<string, ConfigMark> mark)
    {
        var colon = fault.IndexOf(": ", StringComparison.Ordinal);
        var path = colon < 0 ? "" : fault[..colon];
        var says = fault[(colon < 0 ? 0 : colon + 2)..];
        if (!says.StartsWith(ExpectedWord, StringComparison.Ordinal))
        {
            return new ConfigFault(mark(path), path, "what can come into force", says);
        }

        var (rest, nearest) = Split(says[ExpectedWord.Length..], NearestWord);
        var (expected, got) = Split(rest, GotWord);
        return new ConfigFault(mark(path), path, expected, got ?? $"'{path[(path.LastIndexOf('.') + 1)..]}'", nearest?.TrimEnd('\''));
    }

    private static (string Before, string? After) Split(string text, string at) =>
        text.IndexOf(at, StringComparison.Ordinal) is >= 0 and var found ? (text[..found], text[(found + at.Length)..]) : (text, null);
}
