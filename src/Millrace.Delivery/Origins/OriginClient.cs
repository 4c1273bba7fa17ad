using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Origins;

/// <summary>
/// Speaks HTTP/1.1 to origins, and leaves everything that it does not own as it was: fields in their order with their duplicates, interim responses,
/// trailers. Its own because HttpClient groups fields, swallows 1xx, names TLS after the Host field, and costs five times nginx's miss.
/// </summary>
internal sealed class OriginClient : IDisposable
{
    private readonly ConcurrentDictionary<OriginEndpoint, OriginPool> _pools = new();
    private readonly ConcurrentDictionary<OriginGroupOptions, OriginGroup> _groups = new();
    private readonly ConcurrentDictionary<ShieldOptions, ShieldTier> _tiers = new();
    private readonly ConditionalWeakTable<Route, IUpstream> _upstreams = [];
    private readonly DeliveryOptions _options;
    private readonly TimeProvider _time;
    private readonly IConnector _connector;
    private readonly OriginWatch _watch;
    private readonly SeededChoice _choice;
    private readonly ShieldPurges? _purges;
    private long _requests;

    public OriginClient(DeliveryOptions options, TimeProvider time, ShieldPurges? purges = null)
        : this(options, time, purges, new SocketConnector(new AddressBook(Dns.GetHostAddressesAsync, options.Origins.NameLifetime, time), options.Origins.AttemptDelay, time))
    {
    }

    public OriginClient(DeliveryOptions options, TimeProvider time, ShieldPurges? purges, IConnector connector)
    {
        (_options, _time, _purges, _connector, _watch) = (options, time, purges, connector, new OriginWatch(time));

        // Nodes of a fleet must not draw alike, and one node must draw alike in every run.
        _choice = new SeededChoice(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{options.Name} {options.Instance}")));
    }

    /// <summary>Told of a bound that was hit.</summary>
    public Action<DeliveryReason> BoundHit { get; set; } = static _ => { };

    /// <summary>Requests that the plane sent; tries, hedges and health checks are the groups' to count.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    public OriginStats Stats => new()
    {
        Endpoints = [.. _pools.Values.Select(static pool => pool.Stats).OrderBy(static stats => stats.Endpoint, StringComparer.Ordinal)],
        Groups = [.. _groups.Values.Select(static group => group.Stats).OrderBy(static stats => stats.Name, StringComparer.Ordinal)],
        Tiers = [.. _tiers.Values.Select(static tier => tier.Stats).OrderBy(static stats => stats.Name, StringComparer.Ordinal)],
    };

    /// <summary>Puts routes in force: their groups are watched from now on, and those that no route names any more no longer.</summary>
    public void Use(RouteTable routes)
    {
        HashSet<OriginGroupOptions> groups = [];
        HashSet<ShieldOptions> tiers = [];
        foreach (var route in routes.Routes)
        {
            groups.Add(GroupOf(route));
            _ = _upstreams.GetValue(route, Build);
            if (route.Shields is { } shields)
            {
                tiers.Add(shields);
            }
        }

        Keep(_groups, groups);
        Keep(_tiers, tiers);
    }

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
    public async ValueTask<OriginResponse> SendAsync(
        Route route, UpstreamRequest request, HeaderList headers, IRequestBody? body, CancellationToken cancellationToken,
        OriginPace pace = OriginPace.Fill, Func<int, HeaderList, ValueTask>? interim = null)
    {
        if (!_upstreams.TryGetValue(route, out var upstream))
        {
            upstream = _upstreams.GetValue(route, Build);
        }

        Interlocked.Increment(ref _requests);
        OriginCall call = new(request, headers, body, pace, interim) { Timeouts = route.Timeouts };
        if (pace == OriginPace.Pass && request.Tier?.Timeout is { } left)
        {
            // A fill is for all who wait, whatever time its first one has.
            call = call with { Deadline = _watch.After(left) };
        }

        try
        {
            return await upstream.SendAsync(call, cancellationToken);
        }
        catch (OriginException e) when (e.Reason == DeliveryReason.OriginBusy)
        {
            BoundHit(e.Reason);
            throw;
        }
    }

    public void Dispose()
    {
        _watch.Dispose();
        foreach (var pool in _pools.Values)
        {
            pool.Dispose();
        }
    }

    /// <summary>A route with one origin has a group of one.</summary>
    private static OriginGroupOptions GroupOf(Route route) =>
        route.Group ?? new OriginGroupOptions { Name = route.Origin.AbsoluteUri, Members = [new OriginMember(route.Origin)] };

    private static void Keep<TOptions, TUpstream>(ConcurrentDictionary<TOptions, TUpstream> all, HashSet<TOptions> named)
        where TOptions : notnull
        where TUpstream : IDisposable
    {
        foreach (var (options, upstream) in all)
        {
            if (!named.Contains(options) && all.TryRemove(options, out _))
            {
                upstream.Dispose();
            }
        }
    }

    private IUpstream Build(Route route)
    {
        IUpstream group = _groups.GetOrAdd(GroupOf(route), BuildGroup);
        return route.Shields is { } shields ? _tiers.GetOrAdd(shields, BuildTier).Before(group, route.Contract) : group;
    }

    private OriginGroup BuildGroup(OriginGroupOptions options)
    {
        var members = MembersOf(options.Members, options.Breaker);
        return new OriginGroup(options, new MemberBoard(members, options.Ejection, _choice, _watch), ProberOf(members, options.Health), _watch, _time);
    }

    private ShieldTier BuildTier(ShieldOptions options)
    {
        var members = MembersOf(options.Members, options.Breaker);
        return new ShieldTier(options, members, ProberOf(members, options.Health), _purges, _watch);
    }

    private MemberState[] MembersOf(IEnumerable<OriginMember> members, BreakerOptions breaker) =>
        [.. members.Select(member => new MemberState(member, new OriginServer(member.Address, PoolOf(member.Address), _options, _watch, _time), breaker, _watch))];

    private HealthProber? ProberOf(MemberState[] members, HealthCheckOptions? health)
    {
        if (health is null)
        {
            return null;
        }

        HealthProber prober = new(members, health, _choice, _watch, _time);
        prober.Start();
        return prober;
    }

    private OriginPool PoolOf(Uri address) =>
        _pools.GetOrAdd(OriginEndpoint.Of(address), endpoint => new OriginPool(endpoint, _options, _connector, _watch, _time));
}
