using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Observing;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery;

/// <summary>
/// The delivery plane: an RFC 9111 shared cache in memory before HTTP origins. Clients come in by a <see cref="FrontDoor"/>. Thread-safe.
/// </summary>
public sealed class DeliveryPlane : IDisposable, IAsyncDisposable
{
    private readonly DeliveryCore _core;

    /// <summary>Makes a plane.</summary>
    /// <param name="options">Bounds.</param>
    /// <param name="routes">Routes; <see cref="UpdateRoutes"/> replaces them.</param>
    /// <param name="sink">Told of every response that ended, or null.</param>
    /// <param name="time">Clock of freshness and of time bounds.</param>
    /// <exception cref="ArgumentException">A bound makes no sense; all faults are listed.</exception>
    public DeliveryPlane(DeliveryOptions options, RouteTable routes, IDeliverySink? sink, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(time);
        _core = new DeliveryCore(options, routes, sink, time);
    }

    /// <summary>The routes in force.</summary>
    public RouteTable Routes => _core.Routes;

    /// <summary>A reading of the counters.</summary>
    public DeliveryStats Stats => _core.Stats;

    /// <summary>What the plane has to do with origins: connections, groups, members, tiers.</summary>
    public Origins.OriginStats Origins => _core.OriginStats;

    /// <summary>The core, for tests that look into the store.</summary>
    internal DeliveryCore Core => _core;

    /// <summary>Puts other routes in force; requests in hand keep theirs.</summary>
    public void UpdateRoutes(RouteTable routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        _core.Routes = routes;
    }

    /// <summary>
    /// Begins to obey a feed's purges; call it once, before the plane serves. While the feed cannot be read for longer than
    /// <see cref="DeliveryOptions.PurgeLease"/>, what is held is asked for anew on strict and bounded routes, and served with <c>detail=unverified</c> on others.
    /// </summary>
    /// <param name="feed">Where purges come from.</param>
    /// <param name="told">Told what went wrong when the feed cannot be read any more, and null when all that was missed has been obeyed.</param>
    /// <param name="cancellation">Gives up the beginning.</param>
    /// <returns>The follower; serve when it has caught up.</returns>
    /// <exception cref="ArgumentException">The feed's name is not one.</exception>
    public Task<PurgeFollower> FollowAsync(IPurgeFeed feed, Action<Exception?> told, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(feed);
        ArgumentNullException.ThrowIfNull(told);
        return _core.FollowAsync(feed, told, cancellation);
    }

    /// <summary>
    /// The names of an object in <see cref="DeliveryRecord.KeyHash"/>, by its URL as the routes in force make a key of it: for both schemes, since TLS may end
    /// before the plane, which then sees http where the URL says https.
    /// </summary>
    public IEnumerable<ulong> KeyHashesOf(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        return Keys.CacheKey.OfUrl(scheme < 0 ? url : url[(scheme + 3)..]).Select(key => Routes.KeyOf(key).ShortHash).ToArray();
    }

    /// <summary>
    /// Whether memory holds some variant of this URL, fresh, whichever the scheme: a look that no request is counted for, cheap when it is repeated.
    /// Null when the text is no absolute http(s) URL.
    /// </summary>
    public bool? IsHeldFresh(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return _core.Held.IsFresh(url);
    }

    /// <summary>What the plane knows of an absolute URL, and would do with a GET for it with these fields now; null when the text is no such URL. Nothing is asked of any origin.</summary>
    public ValueTask<CacheExplanation?> ExplainAsync(string url, IEnumerable<KeyValuePair<string, string>> fields, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(fields);
        return _core.Explainer.ExplainAsync(url, fields, cancellation);
    }

    /// <summary>Opens the access log's file, where the options name one; call it once, before the plane serves.</summary>
    /// <param name="told">Told what went wrong when lines cannot be written any more, and null when they can again.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public void OpenLog(Action<Exception?> told)
    {
        ArgumentNullException.ThrowIfNull(told);
        _core.OpenLog(told);
    }

    /// <summary>Closes the access log's file and begins anew at its path: somebody has renamed it, as logrotate does.</summary>
    public void ReopenLog() => _core.ReopenLog();

    /// <summary>Writes the access lines that wait, and closes their file; call it when no request is in hand, before <see cref="Dispose"/>.</summary>
    public ValueTask CloseLogAsync() => _core.CloseLogAsync();

    /// <summary>
    /// Purges what the request names, stored or on its way, on a plane that follows no feed. Returns how many responses in memory were touched. On a plane with
    /// a disk it holds after a crash a moment later: <see cref="PurgeAsync"/> waits for that.
    /// </summary>
    /// <exception cref="ArgumentException">The route is not a pattern, or a prefix names no beginnings of keys (<see cref="RouteTable.PrefixFault(string)"/>).</exception>
    /// <exception cref="InvalidOperationException">The plane follows a feed, whose order this purge has no place in.</exception>
    public int Purge(PurgeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _core.Purge(request);
    }

    /// <summary>Purges what the request names, and returns when that holds after a crash too.</summary>
    /// <inheritdoc cref="Purge"/>
    /// <exception cref="IOException">The purge holds in this process, but the disk can neither be told of it nor be made to forget everything.</exception>
    public ValueTask<int> PurgeAsync(PurgeRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _core.PurgeAsync(request, cancellation);
    }

    /// <summary>
    /// Takes the disk tier's folder where the options name one; call it once, before the plane follows a feed and serves. What an earlier process left there
    /// is found again as its files are read.
    /// </summary>
    /// <param name="random">Random numbers that nobody outside can guess.</param>
    /// <exception cref="IOException">Another process has the folder, or it cannot be used.</exception>
    /// <exception cref="ArgumentException">A bound of the disk makes no sense.</exception>
    public ValueTask OpenDiskAsync(Func<ulong> random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return _core.OpenDiskAsync(new Storage.Disk.LocalDiskFiles(), random);
    }

    /// <summary>Closes connections to origins, and writes to disk what waits to be written. Requests in hand fail.</summary>
    public ValueTask DisposeAsync() => _core.DisposeAsync();

    /// <summary>Closes connections to origins. Requests in hand fail.</summary>
    public void Dispose() => _core.Dispose();
}
