using System.Text;
using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery;

/// <summary>A request's life: route → tag, upstream request and key → look up → serve, or fetch (<see cref="Boarder"/>), or pass → tell. Knows no server.</summary>
internal sealed class DeliveryCore : IDisposable
{
    private readonly DeliveryOptions _options;
    private readonly IDeliverySink? _sink;
    private readonly TimeProvider _time;
    private readonly MemoryStore _store;
    private readonly MemoryAccount _account;
    private readonly OriginClient _origins;
    private readonly Stale _stale;
    private readonly Boarder _boarder;
    private readonly Voiding _voiding;
    private readonly ReplyWriter _replies;
    private readonly DeliveryMeters _meters;
    private volatile RouteTable _routes;
    private int _inHand;
    private bool _follows;

    public DeliveryCore(DeliveryOptions options, RouteTable routes, IDeliverySink? sink, TimeProvider time)
    {
        options.Validate();
        (_options, _routes, _sink, _time) = (options, routes, sink, time);
        PurgeLog purges = new(options.MaxPurges, time);
        _store = new MemoryStore(options.StoreBytes, options.MaxVariants, purges);
        _account = new MemoryAccount(options.FillBytes);
        _origins = new OriginClient(options, time);
        _replies = new ReplyWriter(time);
        _meters = new DeliveryMeters(() => _origins.Requests, () => _store.Bytes, () => _account.Bytes, () => _store.Count, () => _store.Evictions);
        _voiding = new Voiding(purges, _store, _meters, () => _routes, time);
        Touch = new PurgeTouch(options.PurgeLease, time);
        _stale = new Stale(Touch, purges, _replies, time);
        FlightTable flights = new(purges);
        PassMarks marks = new(options.HitForMiss, time);
        KeyMemo<FlightResult.Failed> failures = new(options.FailureMemo, time);
        Fetcher fetcher = new(options, _origins, _store, flights, marks, failures, _account, _meters, time);
        _boarder = new Boarder(options, _store, flights, marks, failures, fetcher, purges, _stale, _replies, _meters, time);
    }

    public MemoryStore Store => _store;

    /// <summary>The lease under which what is held may be trusted.</summary>
    public PurgeTouch Touch { get; }

    /// <summary>Requests that board a flight now: for tests that must know when all wait.</summary>
    public int InFlight => _boarder.Aboard;

    public RouteTable Routes
    {
        get => _routes;
        set => _routes = value;
    }

    public DeliveryStats Stats =>
        new(_meters.ByOutcome, _origins.Requests, _meters.BodyBytes, _store.Count, _store.Bytes, _account.Bytes, _store.Evictions, _meters.BoundsHit);

    /// <summary>Where front ends count the bounds that they hold.</summary>
    public DeliveryMeters Meters => _meters;

    /// <summary>Makes what a connection, or a stream of one, hands in its requests by. It serves one request at a time.</summary>
    public Exchange Open(IResponseWriter writer) => new(writer, _options.Name, _time);

    /// <summary>Answers the exchange's request; ends when the response has ended. Never throws.</summary>
    public async ValueTask HandleAsync(Exchange exchange, CancellationToken aborted)
    {
        var inHand = Interlocked.Increment(ref _inHand);
        try
        {
            if (inHand > _options.MaxRequests)
            {
                _meters.BoundHit(DeliveryReason.Overloaded);
                await ReplyWriter.ProblemAsync(exchange, 503, DeliveryReason.Overloaded, aborted);
                return;
            }

            await ServeAsync(exchange, aborted);
        }
        catch (Exception e)
        {
            await EndAsync(exchange, e, aborted);
        }
        finally
        {
            Interlocked.Decrement(ref _inHand);
            exchange.LetGo();
            Tell(exchange);
        }
    }

    /// <summary>Tells of a request that the front end's guard refused before it could become one of ours.</summary>
    public async ValueTask RefuseAsync(Exchange exchange, int status, DeliveryReason reason, CancellationToken aborted)
    {
        try
        {
            await ReplyWriter.ProblemAsync(exchange, status, reason, aborted);
        }
        catch (Exception e)
        {
            await EndAsync(exchange, e, aborted);
        }
        finally
        {
            Tell(exchange);
        }
    }

    public int Purge(PurgeRequest request) =>
        _follows ? throw new InvalidOperationException("A plane that follows a feed takes its purges from there.") : _voiding.Purge(request);

    /// <summary>Begins to follow a feed, from the oldest purge that may concern what is held.</summary>
    public async Task<PurgeFollower> FollowAsync(IPurgeFeed feed, Action<Exception?> told, CancellationToken cancellation)
    {
        // Memory is empty at the start: nothing that was acknowledged until now concerns it.
        _follows = true;
        var from = await feed.EndAsync(cancellation);
        _voiding.Begin(from);
        return new PurgeFollower(feed, from, _voiding.Obey, Touch, _time, told);
    }

    public void Dispose()
    {
        _origins.Dispose();
        _meters.Dispose();
    }

    private async Task ServeAsync(Exchange exchange, CancellationToken aborted)
    {
        var request = exchange.Request;
        var authority = Encoding.Latin1.GetString(request.Authority);
        if (_routes.Find(authority, Encoding.Latin1.GetString(request.Path)) is not { } route)
        {
            await ReplyWriter.ProblemAsync(exchange, 404, DeliveryReason.NoRoute, aborted);
            return;
        }

        exchange.Route = route;
        if (OriginFields.HasPassed(request, _options.Name))
        {
            await ReplyWriter.ProblemAsync(exchange, 508, DeliveryReason.Loop, aborted);
            return;
        }

        var (target, tag) = TagParameter.Take(Encoding.Latin1.GetString(request.Target), route.TagParameter);
        var upstream = exchange.Upstream = UpstreamRequest.Of(request, Encoding.Latin1.GetBytes(target), _options.Name);
        exchange.Tag = tag;
        exchange.Key = CacheKey.Of(request.IsSecure ? "https" : "http", authority, target);
        var directives = RequestDirectives.Parse(upstream.Headers);
        var onlyIfCached = directives.OnlyIfCached && (request.IsGet || request.IsHead);
        if (PassReason(request, upstream.Headers, directives) is var reason and not DeliveryReason.None && !onlyIfCached)
        {
            await PassAsync(exchange, route, reason, null, aborted);
            return;
        }

        var stored = _store.Find(exchange.Key, upstream.Headers);
        if (stored is not null)
        {
            exchange.Hold(stored);
            if (await TryServeAsync(exchange, route, stored, directives, aborted))
            {
                return;
            }
        }

        if (onlyIfCached)
        {
            await ReplyWriter.ProblemAsync(exchange, 504, DeliveryReason.OnlyIfCached, aborted);
        }
        else if (request.IsHead || upstream.Headers.Contains(FieldId.Range))
        {
            await PassAsync(exchange, route, request.IsHead ? DeliveryReason.Head : DeliveryReason.Range, stored, aborted);
        }
        else if (_boarder.PassReason(exchange, stored) is { } unshareable)
        {
            await PassAsync(exchange, route, unshareable, stored, aborted);
        }
        else if (!await _boarder.FetchAsync(exchange, route, stored, directives, aborted))
        {
            await FailAsync(exchange, aborted);
        }
    }

    private static DeliveryReason PassReason(DeliveryRequest request, HeaderList upstream, RequestDirectives directives) =>
        !request.IsGet && !request.IsHead ? DeliveryReason.Method
        : request.Body is not null || upstream.Contains(FieldId.IfMatch) || upstream.Contains(FieldId.IfUnmodifiedSince) ? DeliveryReason.RequestForm
        : directives.NoStore ? DeliveryReason.RequestNoStore
        : DeliveryReason.None;

    /// <summary>Serves the copy when it may be reused; else notes in the verdict why the request goes on.</summary>
    private async Task<bool> TryServeAsync(Exchange exchange, Route route, StoredResponse stored, RequestDirectives directives, CancellationToken aborted)
    {
        var reuse = _stale.Judge(stored, directives, route);
        (DeliveryOutcome Outcome, DeliveryReason Detail)? served = reuse switch
        {
            Reuse.Fresh => (DeliveryOutcome.Hit, _stale.IsUnverified(stored.Head) ? DeliveryReason.Unverified : DeliveryReason.None),
            Reuse.MaxStale => (DeliveryOutcome.Stale, DeliveryReason.MaxStale),
            Reuse.StaleWhileRevalidate => (DeliveryOutcome.Stale, DeliveryReason.WhileRevalidate),
            _ => null,
        };
        if (served is not { } answer)
        {
            exchange.Verdict = reuse == Reuse.RevalidateOnRequest
                ? new CacheStatus { Forward = "request", Detail = DeliveryReason.RequestDirective }
                : new CacheStatus { Forward = "stale", Detail = _stale.IsOutOfTouch(stored.Head, route) ? DeliveryReason.Unverified : DeliveryReason.None };
            return false;
        }

        if (reuse == Reuse.StaleWhileRevalidate)
        {
            _boarder.RevalidateBehind(exchange, route, stored);
        }

        exchange.Outcome = answer.Outcome;
        exchange.Verdict = new CacheStatus { Hit = true, Detail = answer.Detail };
        await _replies.StoredAsync(exchange, stored, validated: false, aborted);
        return true;
    }

    private async Task PassAsync(Exchange exchange, Route route, DeliveryReason reason, StoredResponse? stored, CancellationToken aborted)
    {
        var (request, upstream) = (exchange.Request, exchange.Upstream);
        exchange.Verdict = exchange.Verdict with
        {
            Forward = reason switch
            {
                DeliveryReason.Method => "method",
                DeliveryReason.RequestForm or DeliveryReason.RequestNoStore => "request",
                DeliveryReason.HitForMiss => "bypass",
                _ => exchange.Verdict.Forward ?? "miss",
            },
            Detail = reason,
        };
        OriginResponse response;
        try
        {
            response = await _origins.SendAsync(route, upstream, upstream.Headers, request.Body, aborted);
        }
        catch (OriginException e) when (stored is not null)
        {
            if (await _stale.TryServeAsync(exchange, route, stored, e.Reason, null, aborted))
            {
                return;
            }

            throw;
        }

        using (response)
        {
            if (!request.Method.IsSafe() && response.Status is >= 200 and < 400)
            {
                _voiding.InvalidateAfter(exchange.Key, response.Headers);
            }

            exchange.Outcome = DeliveryOutcome.Bypass;
            await _replies.ThroughAsync(exchange, response, conditionsAreOurs: false, aborted);
        }
    }

    /// <summary>Whatever went wrong, the client gets an answer, or a cut where one had begun.</summary>
    private static async Task EndAsync(Exchange exchange, Exception fault, CancellationToken aborted)
    {
        var reason = fault switch
        {
            OriginException origin => origin.Reason,
            RequestBodyException body => body.Reason,
            _ when aborted.IsCancellationRequested => DeliveryReason.ClientGone,
            IOException when exchange.Started => DeliveryReason.OriginBroken,
            _ => DeliveryReason.Internal,
        };
        if (exchange.Started || reason == DeliveryReason.ClientGone)
        {
            exchange.Cut(reason);
            return;
        }

        try
        {
            exchange.Verdict = exchange.Verdict with { Detail = reason };
            await (fault is RequestBodyException broken ? ReplyWriter.ProblemAsync(exchange, broken.Status, reason, aborted) : FailAsync(exchange, aborted));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            exchange.Cut(DeliveryReason.ClientGone);
        }
    }

    /// <summary>Says what the verdict's detail names, with the origin's own status where it gave one.</summary>
    private static Task FailAsync(Exchange exchange, CancellationToken aborted)
    {
        var reason = exchange.Verdict.Detail;
        var status = (exchange.Verdict.ForwardStatus, reason) switch
        {
            (503, _) => 503,
            (504, _) or (_, DeliveryReason.OriginTimeout) => 504,
            (_, DeliveryReason.Internal) => 500,
            _ => 502,
        };
        return ReplyWriter.ProblemAsync(exchange, status, reason, aborted);
    }

    private void Tell(Exchange exchange)
    {
        var record = exchange.Record();
        _meters.Ended(record);
        _sink?.Delivered(record);
    }
}
