namespace Millrace.Delivery.Requests;

/// <summary>
/// Fields by which a client would make an origin answer for another URL, host, scheme or method than the one that chose route and key: what came
/// back would be stored under the wrong name (J. Kettle, "Practical Web Cache Poisoning", 2018). They never reach an origin.
/// </summary>
internal static class OverrideFields
{
    private static readonly string[] Families = ["X-Forwarded-", "X-Original-", "X-Rewrite-"];

    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "Forwarded", "X-Host", "X-Url-Scheme", "Front-End-Https",
    };

    private static readonly HashSet<string> Methods = new(StringComparer.OrdinalIgnoreCase) { "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override" };

    /// <summary>Whether a field is dropped. A method override stays on a POST, where APIs use it, for its response is never stored.</summary>
    public static bool Contains(string name, RequestMethod method)
    {
        if (name.Equals("X-Forwarded-For", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (name.Contains('_', StringComparison.Ordinal))
        {
            // CGI-like origins read X_Forwarded_Host as X-Forwarded-Host.
            name = name.Replace('_', '-');
        }

        if (Names.Contains(name) || (method != RequestMethod.Post && Methods.Contains(name)))
        {
            return true;
        }

        foreach (var family in Families)
        {
            if (name.StartsWith(family, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
