using System.Runtime.InteropServices;
using System.IO.Hashing;

namespace Millrace.Delivery.Keys;

/// <summary>The primary key: scheme, authority and raw target, with the route's tag parameter taken out.</summary>
internal static class CacheKey
{
    public static string Of(string scheme, string authority, string target) => $"{scheme}://{WithoutDefaultPort(scheme, authority)}{target}";

    /// <summary>128 bits that stand for a name in bounded memories, so that their size does not depend on what clients send.</summary>
    public static UInt128 Wide(string name, long seed = 0) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(name.AsSpan()), seed);

    /// <summary>Authority and path of a key, to match it with a route's pattern.</summary>
    public static void Split(ReadOnlySpan<char> key, out ReadOnlySpan<char> authority, out ReadOnlySpan<char> path)
    {
        var rest = key[(key.IndexOf("://") + 3)..];
        var slash = rest.IndexOf('/');
        authority = rest[..slash];
        path = rest[slash..];
        var query = path.IndexOf('?');
        path = query < 0 ? path : path[..query];
    }

    public static ulong Hash(string key) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key.AsSpan()));

    /// <summary>The keys that a URL of a purge names: one with a scheme, both without.</summary>
    public static IEnumerable<string> OfUrl(string url)
    {
        var scheme = url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "http" : url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? "https" : null;
        var rest = scheme is null ? url : url[(scheme.Length + 3)..];
        var fragment = rest.IndexOf('#', StringComparison.Ordinal);
        rest = fragment < 0 ? rest : rest[..fragment];
        var slash = rest.AsSpan().IndexOfAny('/', '?');
        var authority = (slash < 0 ? rest : rest[..slash]).ToLowerInvariant();
        var target = slash < 0 ? "/" : rest[slash] == '/' ? rest[slash..] : "/" + rest[slash..];
        return scheme is null ? [Of("http", authority, target), Of("https", authority, target)] : [Of(scheme, authority, target)];
    }

    /// <summary>How the keys of URLs begin that begin with <paramref name="url"/>: host and path at least, a scheme or none.</summary>
    public static string OfPrefix(string url)
    {
        var scheme = url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "http" : url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? "https" : null;
        var rest = scheme is null ? url : url[(scheme.Length + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = (slash < 0 ? rest : rest[..slash]).ToLowerInvariant();
        var path = slash < 0 ? "/" : rest[slash..];
        return scheme is null ? authority + path : Of(scheme, authority, path);
    }

    private static string WithoutDefaultPort(string scheme, string authority)
    {
        var port = scheme == "https" ? ":443" : ":80";
        return authority.EndsWith(port, StringComparison.Ordinal) ? authority[..^port.Length] : authority;
    }
}
