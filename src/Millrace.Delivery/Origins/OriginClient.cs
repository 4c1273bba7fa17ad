using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Origins;

/// <summary>
/// Speaks HTTP/1.1 to origins, and leaves everything that it does not own as it was: fields in their order with their duplicates, interim responses,
/// trailers. Its own because HttpClient groups fields, swallows 1xx, names TLS after the Host field, and costs five times nginx's miss.
/// </summary>
internal sealed class OriginClient : IDisposable
{
    private readonly ConcurrentDictionary<OriginEndpoint, OriginPool> _pools = new();
    private readonly ConditionalWeakTable<Route, OriginServer> _servers = [];
    private readonly DeliveryOptions _options;
    private readonly TimeProvider _time;
    private readonly IConnector _connector;
    private readonly OriginWatch _watch;
    private long _requests;

    public OriginClient(DeliveryOptions options, TimeProvider time)
        : this(options, time, new SocketConnector(new AddressBook(Dns.GetHostAddressesAsync, options.Origins.NameLifetime, time), options.Origins.AttemptDelay, time))
    {
    }

    public OriginClient(DeliveryOptions options, TimeProvider time, IConnector connector) =>
        (_options, _time, _connector, _watch) = (options, time, connector, new OriginWatch(time));

    /// <summary>Requests sent, those sent again included.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    public OriginStats Stats => new() { Endpoints = [.. _pools.Values.Select(static pool => pool.Stats).OrderBy(static stats => stats.Endpoint, StringComparer.Ordinal)] };

    /// <summary>Sends a request and returns when the response's head is here.</summary>
    /// <param name="route">Whose origin is asked.</param>
    /// <param name="request">The request as the origin sees it; its own fields are not sent, those of <paramref name="headers"/> are.</param>
    /// <param name="headers">The fields to send.</param>
    /// <param name="body">The body to stream, or null.</param>
    /// <param name="cancellationToken">The client or flight.</param>
    /// <param name="pace">Whose pace the response will be read at.</param>
    /// <param name="interim">Told of interim responses (1xx) other than 100; null to drop them.</param>
    /// <exception cref="OriginException">No usable head came.</exception>
    /// <exception cref="RequestBodyException">The client's body failed.</exception>
    public ValueTask<OriginResponse> SendAsync(
        Route route, UpstreamRequest request, HeaderList headers, IRequestBody? body, CancellationToken cancellationToken,
        OriginPace pace = OriginPace.Fill, Func<int, HeaderList, ValueTask>? interim = null)
    {
        if (!_servers.TryGetValue(route, out var server))
        {
            server = _servers.GetValue(route, route => new OriginServer(route.Origin, PoolOf(route.Origin), _options, _watch, _time));
        }

        Interlocked.Increment(ref _requests);
        return server.SendAsync(new OriginCall(request, headers, body, pace, interim), long.MaxValue, default, cancellationToken);
    }

    public void Dispose()
    {
        _watch.Dispose();
        foreach (var pool in _pools.Values)
        {
            pool.Dispose();
        }
    }

    private OriginPool PoolOf(Uri address) =>
        _pools.GetOrAdd(OriginEndpoint.Of(address), endpoint => new OriginPool(endpoint, _options, _connector, _watch, _time));
}
