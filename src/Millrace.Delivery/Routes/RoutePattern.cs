using System.Text;

namespace Millrace.Delivery.Routes;

/// <summary>A parsed <see cref="Route.Match"/>, ordered by how much it says.</summary>
internal sealed class RoutePattern
{
    private RoutePattern(string host, string path, bool prefix) => (Host, Path, IsPrefix) = (host, path, prefix);

    public string Host { get; }

    public string Path { get; }

    public bool IsPrefix { get; }

    /// <summary>What <see cref="Parse"/> reads.</summary>
    public string Text => IsPrefix ? $"{Host}{Path}*" : Host + Path;

    /// <summary>Exact names rank above suffixes, longer suffixes above shorter, and <c>*</c> is last.</summary>
    public int HostRank => Host[0] == '*' ? Host.Length : int.MaxValue;

    public static RoutePattern? Parse(string match, out string? fault)
    {
        fault = null;
        var slash = match.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0)
        {
            fault = "expected host/path, such as news.example/*";
            return null;
        }

        var host = match[..slash].ToLowerInvariant();
        var prefix = match.EndsWith('*');
        var path = prefix ? match[slash..^1] : match[slash..];
        if (!IsHostPattern(host))
        {
            fault = $"host '{host}': expected a name, *.suffix or *";
        }
        else if (path.AsSpan().IndexOfAnyExceptInRange('\u0021', '\u007e') >= 0 || path.AsSpan().IndexOfAny("*?#\\") >= 0)
        {
            fault = $"path '{path}': expected printable ASCII without ?, #, \\ and with * only at its end";
        }

        return fault is null ? new RoutePattern(host, path, prefix) : null;
    }

    public bool Matches(ReadOnlySpan<byte> host, ReadOnlySpan<byte> path) =>
        (IsPrefix ? path.Length >= Path.Length && Ascii.Equals(path[..Path.Length], Path) : Ascii.Equals(path, Path)) && MatchesHost(host);

    /// <summary>Whether the pattern covers an authority, with or without port, and a path.</summary>
    public bool Covers(ReadOnlySpan<byte> authority, ReadOnlySpan<byte> path) => Matches(WithoutPort(authority), path);

    /// <summary>Whether this pattern's host says more than another's, and there is a request that both match: this one takes it then.</summary>
    public bool TakesFrom(RoutePattern other) =>
        HostRank > other.HostRank
        && (other.Host == "*" || (other.Host[0] == '*' && Host.EndsWith(other.Host[1..], StringComparison.Ordinal)))
        && ((IsPrefix && other.Path.StartsWith(Path, StringComparison.Ordinal)) || (other.IsPrefix && Path.StartsWith(other.Path, StringComparison.Ordinal)) || Path == other.Path);

    public static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> authority)
    {
        var colon = authority.LastIndexOf((byte)':');
        return colon < 0 || authority.EndsWith("]"u8) ? authority : authority[..colon];
    }

    private bool MatchesHost(ReadOnlySpan<byte> host) => Host[0] != '*'
        ? Ascii.EqualsIgnoreCase(host, Host)
        : Host.Length == 1 || (host.Length > Host.Length - 1 && Ascii.EqualsIgnoreCase(host[^(Host.Length - 1)..], Host.AsSpan(1)));

    private static bool IsHostPattern(string host)
    {
        if (host == "*")
        {
            return true;
        }

        var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return name.Length > 0 && Uri.CheckHostName(name) != UriHostNameType.Unknown;
    }
}
