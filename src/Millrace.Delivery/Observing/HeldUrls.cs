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

    private Naming? _naming;

    /// <summary>
    /// Whether memory holds some variant of the URL fresh, by either scheme: which of them a GET would be answered with depends on its fields. Null when it is no absolute
    /// http(s) URL.
    /// </summary>
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
        var naming = Volatile.Read(ref _naming);
        if (naming is null || !ReferenceEquals(naming.Routes, table))
        {
            Volatile.Write(ref _naming, naming = new Naming(table, new Named?[Places]));
        }

        ref var place = ref naming.Named[string.GetHashCode(url) & (Places - 1)];
        if (Volatile.Read(ref place) is { } named && named.Url == url)
        {
            return named.Keys;
        }

        var authority = url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8 : url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : 0;
        CacheKey[] keys = authority > 0 && Ascii.IsValid(url) ? [.. CacheKey.OfUrl(url[authority..]).Select(table.KeyOf)] : [];
        Volatile.Write(ref place, new Named(url, keys));
        return keys;
    }

    private sealed record Named(string Url, CacheKey[] Keys);

    /// <summary>The keys under one configuration's routes: the first look under others lets go of all of them.</summary>
    private sealed record Naming(RouteTable Routes, Named?[] Named);
}
