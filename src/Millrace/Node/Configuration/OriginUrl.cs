namespace Millrace.Node.Configuration;

/// <summary>An origin: scheme, host and port, nothing else, since the request's own path is what is fetched there.</summary>
internal static class OriginUrl
{
    /// <summary>The URL, or null when the text is no such URL.</summary>
    public static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https") && url.PathAndQuery == "/" && url.Fragment.Length == 0 && url.UserInfo.Length == 0
            ? url
            : null;
}
