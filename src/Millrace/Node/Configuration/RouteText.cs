using Millrace.Delivery.Routes;

namespace Millrace.Node.Configuration;

/// <summary>A route's two texts, as the delivery plane reads them.</summary>
internal static class RouteText
{
    private static readonly Uri AnyOrigin = new("http://origin.invalid");

    /// <summary>Whether the delivery plane takes it as a pattern: the plane is asked, so that the two cannot disagree.</summary>
    public static bool IsPattern(string match) => Takes(new Route(match, AnyOrigin, Contract.Available));

    /// <summary>Whether the delivery plane takes it as the name of a query parameter, or the beginning of one.</summary>
    public static bool IsParameter(string name) => Takes(new Route("*/*", AnyOrigin, Contract.Available) { Target = new TargetRules { IgnoredQuery = [name] } });

    /// <summary>A fault as the delivery plane tells it, <c>routes[0] 'match': ttl.min: expected …</c>, with the path of its setting before it.</summary>
    public static string WithPath(string fault)
    {
        var (pattern, says) = (fault.IndexOf(" '", StringComparison.Ordinal), fault.IndexOf("': ", StringComparison.Ordinal));
        if (pattern < 0 || says < pattern)
        {
            return fault;
        }

        var rest = fault[(says + 3)..];
        var setting = rest.IndexOf(": ", StringComparison.Ordinal);
        return setting > 0 && !rest[..setting].Contains(' ', StringComparison.Ordinal) ? $"{fault[..pattern]}.{rest}" : $"{fault[..pattern]}: expected routes that fit together; got {rest}";
    }

    /// <summary>An origin's URL, whose path is put before the request's; null when the text is none.</summary>
    public static Uri? ParseOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https") && url.Query.Length + url.Fragment.Length + url.UserInfo.Length == 0
            ? url
            : null;

    private static bool Takes(Route route)
    {
        try
        {
            RouteTable.Create([route]);
            return true;
        }
        catch (RouteTableException)
        {
            return false;
        }
    }
}
