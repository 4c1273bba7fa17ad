using Millrace.Delivery.Routes;

namespace Millrace.Node.Configuration;

/// <summary>A route's two texts, as the delivery plane reads them.</summary>
internal static class RouteText
{
    private static readonly Uri AnyOrigin = new("http://origin.invalid");

    /// <summary>Whether the delivery plane takes it as a pattern: the plane is asked, so that the two cannot disagree.</summary>
    public static bool IsPattern(string match)
    {
        try
        {
            RouteTable.Create([new Route(match, AnyOrigin, Contract.Available)]);
            return true;
        }
        catch (RouteTableException)
        {
            return false;
        }
    }

    /// <summary>An origin's URL, whose path is put before the request's; null when the text is none.</summary>
    public static Uri? ParseOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https") && url.Query.Length + url.Fragment.Length + url.UserInfo.Length == 0
            ? url
            : null;
}
