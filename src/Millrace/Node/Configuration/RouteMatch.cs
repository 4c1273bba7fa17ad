namespace Millrace.Node.Configuration;

/// <summary>A route's pattern: a host (<c>*</c> for any), then an absolute path that may end in <c>*</c>.</summary>
internal sealed record RouteMatch(string Host, string Path)
{
    /// <summary>The pattern, or null when the text is none.</summary>
    public static RouteMatch? Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0)
        {
            return null;
        }

        var (host, path) = (text[..slash], text[slash..]);
        var star = path.IndexOf('*', StringComparison.Ordinal);
        var pathFits = (star < 0 || star == path.Length - 1) && !path.AsSpan().ContainsAny(" ?#\\") && !path.Any(char.IsControl);
        return pathFits && (host == "*" || Uri.CheckHostName(host.Split(':')[0]) is not UriHostNameType.Unknown) ? new RouteMatch(host, path) : null;
    }
}
