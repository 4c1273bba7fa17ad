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
    public static (string Authority, string Path) Split(string key)
    {
        var authority = key.IndexOf("://", StringComparison.Ordinal) + 3;
        var slash = key.IndexOf('/', authority);
        var query = key.IndexOf('?', slash);
        return (key[authority..slash], query < 0 ? key[slash..] : key[slash..query]);
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

    private static string WithoutDefaultPort(string scheme, string authority)
    {
        var port = scheme == "https" ? ":443" : ":80";
        return authority.EndsWith(port, StringComparison.Ordinal) ? authority[..^port.Length] : authority;
    }
}
