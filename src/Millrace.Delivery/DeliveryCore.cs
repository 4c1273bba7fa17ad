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

/// <summary>A request's life: route → tag and key → look up → serve, or join and fetch, or pass → tell. Knows no server.</summary>
internal sealed class DeliveryCore : IDisposable
{
    /// <summary>A request joins twice at most (the second time knowing Vary), then goes itself.</summary>
    private const int MaxJoins = 2;

    private readonly DeliveryOptions _options;
    private readonly IDeliverySink? _sink;
    private readonly TimeProvider _time;
    private readonly PurgeLog _purges;
    private readonly MemoryStore _store;
    private readonly FlightTable _flights;
    private readonly PassMarks _marks;
    private readonly OriginClient _origins;
    private readonly Fetcher _fetcher;
    private readonly ReplyWriter _replies;
    private readonly DeliveryMeters _meters;
    private volatile RouteTable _routes;
    private int _inHand;

    public DeliveryCore(DeliveryOptions options, RouteTable routes, IDeliverySink? sink, TimeProvider time)
    {
        options.Validate();
        (_options, _routes, _sink, _time) = (options, routes, sink, time);
        _purges = new PurgeLog(options.MaxPurges);
        _store = new MemoryStore(options.StoreBytes, options.MaxVariants, _purges);
        _flights = new FlightTable(_purges);
        _marks = new PassMarks(options.HitForMiss, time);
        _origins = new OriginClient(options, time);
        _replies = new ReplyWriter(time);
        _meters = new DeliveryMeters(() => _origins.Requests, () => _store.Bytes, () => _store.Count, () => _store.Evictions);
        _fetcher = new Fetcher(options, _origins, _store, _flights, _marks, new FillBudget(options.FillBytes), _meters, time);
    }

    public MemoryStore Store => _store;

    public RouteTable Routes
    {
        get => _routes;
        set => _routes = value;
    }

    public DeliveryStats Stats =>
        new(_meters.ByOutcome, _origins.Requests, _meters.BodyBytes, _store.Count, _store.Bytes, _store.Evictions, _meters.BoundsHit);

    public async Task HandleAsync(DeliveryRequest request, IResponseWriter writer, CancellationToken aborted)
    {
        var exchange = new Exchange(request, writer, _options.Name, _time);
        var inHand = Interlocked.Increment(ref _inHand);
        try
        {
            if (inHand > _options.MaxRequests)
            {
                _meters.BoundHit(DeliveryReason.Overloaded);
                await ReplyWriter.ProblemAsync(exchange, 503, DeliveryReason.Overloaded, default, aborted);
                return;
            }

            await ServeAsync(exchange, aborted);
        }
        catch (OriginException e)
        {
            await FailAsync(exchange, e.Reason, aborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            exchange.Cut(aborted.IsCancellationRequested ? DeliveryReason.ClientGone : DeliveryReason.OriginBroken);
        }
        finally
        {
            Interlocked.Decrement(ref _inHand);
            var record = exchange.Record();
            _meters.Ended(record);
            _sink?.Delivered(record);
        }
    }

    /// <summary>Tells of a request that the front end's guard refused before it could become one of ours.</summary>
    public async Task RefuseAsync(DeliveryRequest request, IResponseWriter writer, int status, CancellationToken aborted)
    {
        var exchange = new Exchange(request, writer, _options.Name, _time);
        await ReplyWriter.ProblemAsync(exchange, status, DeliveryReason.BadRequest, default, aborted);
        var record = exchange.Record();
        _meters.Ended(record);
        _sink?.Delivered(record);
    }

    public int Purge(PurgeRequest request)
    {
        var keys = request.Urls.SelectMany(url => CacheKey.OfUrl(url).Select(WithoutTag)).ToHashSet(StringComparer.Ordinal);
        List<string> names = [.. keys.Select(PurgeNames.OfKey), .. request.Keys.Select(PurgeNames.OfSurrogate)];
        if (request.Route is not null)
        {
            names.Add(PurgeNames.OfRoute(request.Route));
        }

        if (_purges.Add(names))
        {
            _meters.BoundHit(DeliveryReason.Purged);
        }

        return _store.Purge(keys, request.Keys, request.Route);
    }

    public void Dispose()
    {
        _origins.Dispose();
        _meters.Dispose();
    }

    private async Task ServeAsync(Exchange exchange, CancellationToken aborted)
    {
        var request = exchange.Request;
        if (_routes.Find(request.Authority, request.Path) is not { } route)
        {
            await ReplyWriter.ProblemAsync(exchange, 404, DeliveryReason.NoRoute, default, aborted);
            return;
        }

        exchange.Route = route;
        if (OriginFields.HasPassed(request, _options.Name))
        {
            await ReplyWriter.ProblemAsync(exchange, 508, DeliveryReason.Loop, default, aborted);
            return;
        }

        var (target, tag) = TagParameter.Take(request.Target, route.TagParameter);
        exchange.Request = request = request with { Target = target };
        exchange.Tag = tag;
        exchange.Key = CacheKey.Of(request.Scheme, request.Authority, target);
        var directives = RequestDirectives.Parse(request.Headers);
        if (PassReason(request, directives) is var reason and not DeliveryReason.None)
        {
            await PassAsync(exchange, route, reason, null, aborted);
            return;
        }

        var stored = _store.Find(exchange.Key, request.Headers);
        if (stored is not null && await TryServeAsync(exchange, route, stored, directives, aborted))
        {
            return;
        }

        if (directives.OnlyIfCached)
        {
            await ReplyWriter.ProblemAsync(exchange, 504, DeliveryReason.OnlyIfCached, default, aborted);
        }
        else if (request.IsHead || request.Headers.Contains("Range"))
        {
            await PassAsync(exchange, route, request.IsHead ? DeliveryReason.Head : DeliveryReason.Range, stored, aborted);
        }
        else
        {
            await FetchAsync(exchange, route, stored, directives, aborted);
        }
    }

    private static DeliveryReason PassReason(DeliveryRequest request, RequestDirectives directives) =>
        !request.IsGet && !request.IsHead ? DeliveryReason.Method
        : request.Body is not null || request.Headers.Contains("If-Match") || request.Headers.Contains("If-Unmodified-Since") ? DeliveryReason.RequestForm
        : directives.NoStore ? DeliveryReason.RequestNoStore
        : DeliveryReason.None;

    private async Task<bool> TryServeAsync(Exchange exchange, Route route, StoredResponse stored, RequestDirectives directives, CancellationToken aborted)
    {
        switch (Judge(stored, directives, route))
        {
            case Reuse.Fresh:
                exchange.Outcome = DeliveryOutcome.Hit;
                await _replies.StoredAsync(exchange, stored, new CacheStatus { Hit = true }, aborted);
                return true;
            case Reuse.MaxStale:
                exchange.Outcome = DeliveryOutcome.Stale;
                await _replies.StoredAsync(exchange, stored, new CacheStatus { Hit = true, Detail = DeliveryReason.MaxStale }, aborted);
                return true;
            case Reuse.StaleWhileRevalidate:
                RevalidateBehind(exchange, route, stored);
                exchange.Outcome = DeliveryOutcome.Stale;
                await _replies.StoredAsync(exchange, stored, new CacheStatus { Hit = true, Detail = DeliveryReason.WhileRevalidate }, aborted);
                return true;
            default:
                return false;
        }
    }

    private Reuse Judge(StoredResponse stored, RequestDirectives directives, Route route) =>
        ReuseRules.Judge(stored.Head.Directives, stored.Head.Freshness.Lifetime, stored.Head.Age(_time), directives, route.Contract);

    private void RevalidateBehind(Exchange exchange, Route route, StoredResponse stored)
    {
        var (flight, leads) = _flights.JoinOrLead(FlightKey(exchange), exchange.Key, route.Match);
        if (leads)
        {
            // Not awaited on purpose: RunAsync never throws, and the flight ends by the origin's time bounds.
            _ = _fetcher.RunAsync(flight, route, exchange.Request, exchange.Key, stored);
            flight.Keep();
        }

        flight.Leave();
    }

    private async Task FetchAsync(Exchange exchange, Route route, StoredResponse? stored, RequestDirectives directives, CancellationToken aborted)
    {
        var forward = new CacheStatus { Forward = stored is null ? "miss" : Judge(stored, directives, route) == Reuse.RevalidateOnRequest ? "request" : "stale" };
        var variant = "";
        for (var join = 0; ; join++)
        {
            var alone = join >= MaxJoins || _marks.Has(exchange.Key);
            var (flight, leads) = alone
                ? (new Flight(exchange.Key, _purges.Sequence), true)
                : _flights.JoinOrLead(variant.Length > 0 ? exchange.Key + variant : FlightKey(exchange), exchange.Key, route.Match);
            try
            {
                if (leads)
                {
                    stored = Lead(flight, exchange, route, stored, directives);
                }

                var head = leads ? await flight.Head.WaitAsync(aborted) : await HeadOfOtherAsync(flight, aborted);
                if (head is not null && await TakeAsync(exchange, flight, leads, head, route, stored, forward, aborted))
                {
                    return;
                }

                // What the other's head taught about Vary chooses the flight to join next; a wait without answer joins no more.
                (variant, join) = head is FlightResult.Arriving other ? (other.Head.Vary.TextFor(exchange.Request.Headers), join) : (variant, MaxJoins);
            }
            finally
            {
                flight.Leave();
            }
        }
    }

    /// <summary>Begins the flight's origin request, unless the object came in between the look-up and now. Returns the copy that is validated.</summary>
    private StoredResponse? Lead(Flight flight, Exchange exchange, Route route, StoredResponse? stored, RequestDirectives directives)
    {
        var latest = _store.Find(exchange.Key, exchange.Request.Headers);
        if (latest is not null && latest != stored && Judge(latest, directives, route) == Reuse.Fresh)
        {
            _flights.Remove(flight);
            flight.End();
            flight.Land(new FlightResult.Held(latest, false));
            return latest;
        }

        _ = _fetcher.RunAsync(flight, route, exchange.Request, exchange.Key, latest);
        return latest;
    }

    private async Task<FlightResult?> HeadOfOtherAsync(Flight flight, CancellationToken aborted)
    {
        try
        {
            return await flight.Head.WaitAsync(_options.CollapseWait, _time, aborted);
        }
        catch (TimeoutException)
        {
            _meters.BoundHit(DeliveryReason.CollapseWait);
            return null;
        }
    }

    /// <summary>Answers from what the flight brought; false when it is not for this request, which then goes itself.</summary>
    private async Task<bool> TakeAsync(
        Exchange exchange, Flight flight, bool leads, FlightResult result, Route route, StoredResponse? stored, CacheStatus status, CancellationToken aborted)
    {
        status = status with { Collapsed = !leads };
        switch (result)
        {
            case FlightResult.Arriving arriving when leads || IsFor(exchange, arriving.Head):
                using (var reader = arriving.Body.Open())
                {
                    if (reader is null)
                    {
                        return false;
                    }

                    exchange.Outcome = leads ? DeliveryOutcome.Miss : DeliveryOutcome.Collapsed;
                    if (!await _replies.ArrivingAsync(exchange, arriving.Head, reader, status with { Stored = arriving.Stored, ForwardStatus = stored is null ? null : arriving.Head.Status }, aborted))
                    {
                        flight.Keep();
                    }

                    return true;
                }

            case FlightResult.Held held when leads || IsFor(exchange, held.Response.Head):
                exchange.Outcome = !held.Revalidated ? DeliveryOutcome.Hit : leads ? DeliveryOutcome.Revalidated : DeliveryOutcome.Collapsed;
                await _replies.StoredAsync(exchange, held.Response, held.Revalidated ? status with { ForwardStatus = 304, Stored = true } : new CacheStatus { Hit = true }, aborted);
                return true;

            case FlightResult.Alone own when leads:
                using (own.Response)
                {
                    exchange.Outcome = DeliveryOutcome.Miss;
                    await ReplyWriter.ThroughAsync(exchange, own.Response, status with { Detail = own.Reason }, aborted);
                    return true;
                }

            case FlightResult.Failed failed:
                if (!await TryServeStaleAsync(exchange, route, stored, failed.Reason, failed.OriginStatus, status, aborted))
                {
                    await FailAsync(exchange, failed.Reason, aborted);
                }

                return true;

            default:
                return false;
        }
    }

    /// <summary>Whether a response that another asked for may answer this request: shareable, same variant, and not purged since.</summary>
    private bool IsFor(Exchange exchange, ResponseHead head) =>
        head.Shareable && head.Vary.Matches(exchange.Request.Headers) && !_purges.Voids(head.Began, head.Key, head.Route, head.SurrogateKeys);

    private async Task PassAsync(Exchange exchange, Route route, DeliveryReason reason, StoredResponse? stored, CancellationToken aborted)
    {
        var request = exchange.Request;
        var status = new CacheStatus { Forward = reason == DeliveryReason.Method ? "method" : stored is null ? "bypass" : "stale", Detail = reason };
        OriginResponse response;
        try
        {
            response = await _origins.SendAsync(route, request, OriginFields.ForPassing(request, _options.Name), request.Body, aborted);
        }
        catch (OriginException e)
        {
            if (await TryServeStaleAsync(exchange, route, stored, e.Reason, null, status, aborted))
            {
                return;
            }

            throw;
        }

        using (response)
        {
            if (!IsSafe(request.Method) && response.Status is >= 200 and < 400)
            {
                InvalidateAfter(exchange, response);
            }

            exchange.Outcome = DeliveryOutcome.Bypass;
            await ReplyWriter.ThroughAsync(exchange, response, status, aborted);
        }
    }

    private async Task<bool> TryServeStaleAsync(
        Exchange exchange, Route route, StoredResponse? stored, DeliveryReason reason, int? originStatus, CacheStatus status, CancellationToken aborted)
    {
        if (stored is null || !ReuseRules.MayServeOnError(stored.Head.Directives, stored.Head.Freshness.Lifetime, stored.Head.Age(_time), route.Contract)
            || _purges.Voids(stored.Head.Began, stored.Head.Key, stored.Head.Route, stored.Head.SurrogateKeys))
        {
            return false;
        }

        exchange.Outcome = DeliveryOutcome.Stale;
        await _replies.StoredAsync(exchange, stored, status with { Forward = "stale", ForwardStatus = originStatus, Detail = reason }, aborted);
        return true;
    }

    private static async Task FailAsync(Exchange exchange, DeliveryReason reason, CancellationToken aborted)
    {
        if (exchange.Started)
        {
            exchange.Cut(reason);
            return;
        }

        var status = reason switch { DeliveryReason.OriginTimeout => 504, DeliveryReason.Internal => 500, _ => 502 };
        await ReplyWriter.ProblemAsync(exchange, status, reason, new CacheStatus { Forward = "miss" }, aborted);
    }

    /// <summary>RFC 9111 §4.4: the target of a successful unsafe request, and Location and Content-Location of the same authority.</summary>
    private void InvalidateAfter(Exchange exchange, OriginResponse response)
    {
        List<string> urls = [exchange.Key];
        if (Uri.TryCreate(exchange.Key, UriKind.Absolute, out var self))
        {
            foreach (var name in (ReadOnlySpan<string>)["Location", "Content-Location"])
            {
                if (response.Headers.First(name) is { } text && Uri.TryCreate(self, text, out var named) && named.Authority == self.Authority)
                {
                    urls.Add(named.AbsoluteUri);
                }
            }
        }

        Purge(new PurgeRequest { Urls = urls });
    }

    /// <summary>A purged URL may carry a tag, as the client's did.</summary>
    private string WithoutTag(string key)
    {
        var slash = key.IndexOf('/', key.IndexOf("//", StringComparison.Ordinal) + 2);
        var authority = key[..slash];
        var target = key[slash..];
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var host = authority[(authority.IndexOf("//", StringComparison.Ordinal) + 2)..];
        var route = _routes.Find(host, query < 0 ? target : target[..query]);
        return authority + TagParameter.Take(target, route?.TagParameter).Target;
    }

    private string FlightKey(Exchange exchange) =>
        _store.FindAny(exchange.Key) is { } any ? exchange.Key + any.Head.Vary.TextFor(exchange.Request.Headers) : exchange.Key;

    private static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PROPFIND" or "REPORT" or "SEARCH" or "QUERY";
}
