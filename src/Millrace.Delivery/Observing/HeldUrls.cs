using System.Text;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Observing;

/// <summary>
/// Says of URLs whether memory would answer them, without being a request: nothing is counted, fetched, or kept the longer for it. Making a key of a URL takes a microsecond
/// or two, so those of the last ones are kept: as many as there are places, each URL in its own.
/// </summary>
/// <param name="store">What is held in memory.</param>
/// <param name="routes">The routes in force.</param>
/// <param name="stale">What a copy is good for.</param>
internal sealed class HeldUrls(MemoryStore store, Func<RouteTable> routes, Stale stale)
{
    // Some 16 MiB when all are taken.
    private const int Places = 1 << 16;

    private readonly Named?[] _named = new Named?[Places];

    /// <summary>Whether a plain GET of the URL would be answered from memory, by either scheme; null when it is no absolute URL.</summary>
    public bool? IsFresh(string url)
    {
        var keys = KeysOf(url);
        if (keys.Length == 0)
        {
            return null;
        }

        foreach (var key in keys)
        {
            if (store.Newest(key) is { } held && stale.IsFresh(held.Head) && held.Head.Directives is { NoCache: false } && !stale.IsUnverified(held.Head) && !stale.IsVoid(held.Head))
            {
                return true;
            }
        }

        return false;
    }

    private CacheKey[] KeysOf(string url)
    {
        var table = routes();
        ref var place = ref _named[string.GetHashCode(url) & (Places - 1)];
        if (Volatile.Read(ref place) is { } named && ReferenceEquals(named.Routes, table) && named.Url == url)
        {
            return named.Keys;
        }

        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        CacheKey[] keys = scheme is 4 or 5 && Ascii.IsValid(url) ? [.. CacheKey.OfUrl(url[(scheme + 3)..]).Select(table.KeyOf)] : [];
        Volatile.Write(ref place, new Named(url, keys, table));
        return keys;
    }

    private sealed record Named(string Url, CacheKey[] Keys, RouteTable Routes);
}
