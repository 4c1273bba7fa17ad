using System.Runtime.CompilerServices;
using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Compression;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Observing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;
using Millrace.Delivery.Storage.Disk;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery;

/// <summary>A request's life: walks <see cref="RequestStep"/> from the route to the record. Knows no server.</summary>
internal sealed class DeliveryCore : IDisposable, IAsyncDisposable
{
    private readonly DeliveryOptions _options;
    private readonly IDeliverySink? _sink;
    private readonly TimeProvider _time;
    private readonly CacheName _name;
    private readonly MemoryStore _store;
    private readonly MemoryAccount _account;
    private readonly OriginClient _origins;
    private readonly TierArrivals _arrivals;
    private readonly DiskShelf _disk = new();
    private readonly PurgeLog _purges;
    private readonly Deciding _deciding;
    private readonly Boarder _boarder;
    private readonly FlightTable _flights;
    private readonly Passing _passing;
    private readonly Voiding _voiding;
    private readonly ShieldPurges _shieldPurges;
    private readonly CatchingUp _catchingUp;
    private readonly ReplyWriter _replies;
    private readonly DeliveryMeters _meters;
    private readonly AccessLog? _accessLog;
    private volatile RouteTable _routes;
    private int _inHand;
    private bool _follows;
    private bool _diskClosed;

    public DeliveryCore(DeliveryOptions options, RouteTable routes, IDeliverySink? sink, TimeProvider time)
    {
        options.Validate();
        (_options, _routes, _sink, _time) = (options, routes, sink, time);
        _name = new CacheName(options.Name, options.Instance);
        _purges = new PurgeLog(options.MaxPurges, time);
        _store = new MemoryStore(options.StoreBytes, options.MaxVariants, _purges, options.Eviction, options.Demand);
        _account = new MemoryAccount(options.FillBytes);
        _arrivals = new TierArrivals(options.Peers);
        Touch = new PurgeTouch(options.PurgeLease, time);
        (_shieldPurges, _catchingUp) = (new ShieldPurges(_purges, Touch), new CatchingUp(_purges, time));
        _origins = new OriginClient(options, time, _shieldPurges);
        Converter = new Converter(options.Compression);
        _meters = new DeliveryMeters(() => _origins.Requests, () => _store.Bytes, () => _account.Bytes, () => _store.Count, () => _store.Evictions);
        OriginMeters.Register(_meters.Meter, () => _origins.Stats);
        _origins.BoundHit = _meters.BoundHit;
        _origins.Use(routes);
        _replies = new ReplyWriter(new BodyWriter(new SliceSource(_origins, _store, _account, _disk, _meters, time)), time) { Conversions = new Conversions(Converter, _account) };
        _voiding = new Voiding(_purges, _store, _disk, _meters, () => _routes, time);
        _flights = new FlightTable(_purges);
        Stale stale = new(Touch, _purges, _replies, time);
        PassMarks marks = new(options.HitForMiss, time);
        KeyMemo<FlightResult.Failed> failures = new(options.FailureMemo, time);
        BodyFill fill = new(_store, _account, _flights, _disk, _meters);
        PartFill parts = new(options, _store, _account, _disk, _meters, time);
        Fetcher fetcher = new(options, _origins, _store, _flights, marks, failures, _account, fill, parts, _disk, _meters, time);
        _boarder = new Boarder(options, _store, _flights, marks, failures, fetcher, _purges, stale, _replies, _meters, time);
        _deciding = new Deciding(_store, _disk, stale, _boarder);
        HeadUpdate heads = new(options, _store, _disk, _account, _purges, time);
        _passing = new Passing(_origins, stale, _voiding, heads, new PostKeeping(options, fetcher, _account, _voiding), _replies);
        _accessLog = options.AccessLog is null ? null : new AccessLog(options.AccessLog, time, () => _meters.BoundHit(DeliveryReason.AccessLog));
        Explainer = new Explainer(Foresee, () => new Exchange(NoWriter.Instance, _name, time), _store, marks, _purges, stale, time);
    }

    /// <summary>Makes other codings of what is stored.</summary>
    public Converter Converter { get; }

    public MemoryStore Store => _store;

    /// <summary>Requests that board a flight now: for tests that must know when all wait.</summary>
    public int InFlight => _boarder.Aboard;

    /// <summary>Origin requests under way that others may join, those behind clients' backs too: for tests that must know when all is taken in.</summary>
    public int Flights => _flights.Count;

    /// <summary>Where what peers say of purges is waited for.</summary>
    public CatchingUp CatchingUp => _catchingUp;

    /// <summary>The lease under which what is held may be trusted.</summary>
    public PurgeTouch Touch { get; }

    /// <summary>Explains URLs.</summary>
    public Explainer Explainer { get; }

    public RouteTable Routes
    {
        get => _routes;
        set
        {
            _routes = value;
            _origins.Use(value);
        }
    }

    public DeliveryStats Stats =>
        new(_meters.ByOutcome, _origins.Requests, _meters.BodyBytes, _store.Count, _store.Bytes, _account.Bytes, _store.Evictions, _meters.BoundsHit);

    /// <summary>What the plane has to do with origins.</summary>
    public OriginStats OriginStats => _origins.Stats;

    /// <summary>Where front ends count the bounds that they hold.</summary>
    public DeliveryMeters Meters => _meters;

    /// <summary>Makes what a connection, or a stream of one, hands in its requests by. It serves one request at a time.</summary>
    public Exchange Open(IResponseWriter writer) => new(writer, _name, _time);

    /// <summary>
    /// Answers the exchange's request; ends when the response has ended. Never throws. What is answered from memory to a writer that need not wait ends
    /// before this returns, without allocating.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask HandleAsync(Exchange exchange, CancellationToken aborted)
    {
        var step = Interlocked.Increment(ref _inHand) > _options.MaxRequests ? Overloaded(exchange) : RequestStep.Route;
        try
        {
            while (step != RequestStep.Tell)
            {
                step = step switch
                {
                    RequestStep.Route => FindRoute(exchange),
                    RequestStep.Guard => Guard(exchange),
                    RequestStep.Key => FormKey(exchange),
                    RequestStep.CatchUp => await CatchUpAsync(exchange, aborted),
                    RequestStep.LookUp => _deciding.LookUp(exchange),
                    RequestStep.Recall => await _deciding.RecallAsync(exchange, aborted),
                    RequestStep.Judge => _deciding.Judge(exchange),
                    RequestStep.Serve => await ServeAsync(exchange, aborted),
                    RequestStep.ServeAndRenew => _deciding.Renew(exchange),
                    RequestStep.Fetch => await _boarder.FetchAsync(exchange, aborted),
                    RequestStep.Pass => await _passing.PassAsync(exchange, aborted),
                    _ => await FailAsync(exchange, aborted),
                };
            }
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
            exchange.Fail(reason, status);
            await FailAsync(exchange, aborted);
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

    /// <summary>Begins the access log anew at its path, which somebody has renamed.</summary>
    public void ReopenLog() => _accessLog?.Reopen();

    /// <summary>Writes the access lines that wait. No request may be in hand.</summary>
    public ValueTask CloseLogAsync() => _accessLog?.DisposeAsync() ?? ValueTask.CompletedTask;

    public int Purge(PurgeRequest request) =>
        _follows ? throw new InvalidOperationException("A plane that follows a feed takes its purges from there.") : _voiding.Purge(request);

    /// <summary>Begins to follow a feed, from the oldest purge that may concern what is held.</summary>
    public async Task<PurgeFollower> FollowAsync(IPurgeFeed feed, Action<Exception?> told, CancellationToken cancellation)
    {
        if (!Syntax.IsToken(feed.Name) || feed.Name.Length > PurgeMark.MaxFeed)
        {
            throw new ArgumentException($"A feed's name is a token of at most {PurgeMark.MaxFeed} characters; got '{feed.Name}'.", nameof(feed));
        }

        // What memory holds began after the start; what an earlier process left on disk may have been purged at any time since.
        _follows = true;
        var from = _disk.Objects is null ? await feed.EndAsync(cancellation) : 0;
        _voiding.Begin(from);
        PurgeFollower follower = new(feed, from, _voiding.Obey, Touch, _time, told);
        (_shieldPurges.Feed, _catchingUp.Follower) = (feed.Name, follower);
        return follower;
    }

    /// <summary>Takes the disk tier's folder; call before the plane serves and before it follows a feed.</summary>
    public async ValueTask OpenDiskAsync(IDiskFiles files, Func<ulong> random)
    {
        if (_options.DiskFolder is { } folder)
        {
            var tier = await DiskTier.OpenAsync(_options.DiskOptions(folder), files, _time, random);
            _disk.Objects = new DiskObjects(tier, _purges, _account, random(), () => _follows, _time);
        }
    }

    /// <summary>The disk tier, for tests that look into it.</summary>
    public DiskTier? Disk => _disk.Objects?.Tier;

    /// <summary>Writes what waits to be written, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        if (Interlocked.Exchange(ref _diskClosed, true) == false && _disk.Objects is { } objects)
        {
            _disk.Objects = null;
            await objects.Tier.DisposeAsync();
        }
    }

    public void Dispose()
    {
        _origins.Dispose();
        Converter.Dispose();
        _meters.Dispose();
    }

    /// <summary>Walks a request up to the step that would answer it, and no further.</summary>
    private RequestStep Foresee(Exchange exchange)
    {
        var step = RequestStep.Route;
        while (true)
        {
            switch (step)
            {
                case RequestStep.Route:
                    step = FindRoute(exchange);
                    break;
                case RequestStep.Guard:
                    step = Guard(exchange);
                    break;
                case RequestStep.Key:
                    step = FormKey(exchange);
                    break;
                case RequestStep.LookUp:
                    step = _deciding.LookUp(exchange);
                    break;
                case RequestStep.Judge:
                    step = _deciding.Judge(exchange);
                    break;
                default:
                    return step;
            }
        }
    }

    private RequestStep Overloaded(Exchange exchange)
    {
        _meters.BoundHit(DeliveryReason.Overloaded);
        return exchange.Fail(DeliveryReason.Overloaded, 503);
    }

    private RequestStep FindRoute(Exchange exchange)
    {
        var request = exchange.Request;
        exchange.Route = _routes.Find(request.Authority, request.Target, out var changed);
        if (!changed.IsEmpty)
        {
            request.SetTarget(changed);
        }

        return exchange.Route is not { } route ? exchange.Fail(DeliveryReason.NoRoute, 404)
            : !route.Takes(request.MethodName) ? exchange.Fail(DeliveryReason.MethodNotAllowed, 405)
            : RequestStep.Guard;
    }

    private RequestStep Guard(Exchange exchange)
    {
        _arrivals.Note(exchange.Request);
        if (OriginFields.HasPassed(exchange.Request, _options.Name, _options.Instance))
        {
            return exchange.Fail(DeliveryReason.Loop, 508);
        }

        UpstreamFields.Strip(exchange.Request);
        exchange.Route!.RequestFields.Apply(exchange.Request.Headers);
        return RequestStep.Key;
    }

    private RequestStep FormKey(Exchange exchange)
    {
        var (request, route) = (exchange.Request, exchange.Route!);
        exchange.Key.Begin(request.IsSecure, request.Authority);
        if (route.Signing is { } signing
            && UrlSignature.Verify(signing, exchange.Key.Authority, request.Target, route.TagParameter, _time.GetUtcNow()) is var refusal and not DeliveryReason.None)
        {
            exchange.Key.Clear();
            return exchange.Fail(refusal, 403);
        }

        exchange.Tag = route.Rewrite.Write(request.Target, exchange.Key.Writer);
        exchange.Directives = RequestDirectives.Parse(request.Headers);
        var reason = ReasonToPass(exchange);
        if (reason != DeliveryReason.None && !exchange.OnlyIfCached)
        {
            return exchange.Pass(reason);
        }

        if (route.AskPlain)
        {
            exchange.TakeCodings();
        }

        return exchange.Mark is null ? RequestStep.LookUp : RequestStep.CatchUp;
    }

    private async ValueTask<RequestStep> CatchUpAsync(Exchange exchange, CancellationToken aborted)
    {
        var hop = exchange.Request.Tier!.Value;
        exchange.HasReachedMark = await _catchingUp.ReachAsync(hop.Purges!.Value, hop.IsByPeer, hop.Timeout, aborted);
        return RequestStep.LookUp;
    }

    /// <summary>Why no copy can answer the request, or <see cref="DeliveryReason.None"/>.</summary>
    private static DeliveryReason ReasonToPass(Exchange exchange)
    {
        var request = exchange.Request;
        return !exchange.Route!.Cacheable ? DeliveryReason.NotCacheable
            : !request.IsGet && !request.IsHead ? DeliveryReason.Method
            : request.Body is not null || request.Headers.Contains(FieldId.IfMatch) || request.Headers.Contains(FieldId.IfUnmodifiedSince) ? DeliveryReason.RequestForm
            : exchange.Directives.NoStore ? DeliveryReason.RequestNoStore
            : DeliveryReason.None;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RequestStep> ServeAsync(Exchange exchange, CancellationToken aborted)
    {
        try
        {
            await _replies.StoredAsync(exchange, exchange.Stored!, validated: false, aborted);
            return RequestStep.Tell;
        }
        catch (SliceException e) when (e.Reason == DeliveryReason.Changed && !exchange.Started)
        {
            return _deciding.Forget(exchange);
        }
    }

    private static async ValueTask<RequestStep> FailAsync(Exchange exchange, CancellationToken aborted)
    {
        await ReplyWriter.ProblemAsync(exchange, exchange.FailureStatus, exchange.Verdict.Detail, aborted);
        return RequestStep.Tell;
    }

    /// <summary>Whatever went wrong, the client gets an answer, or a cut where one had begun.</summary>
    private static async ValueTask EndAsync(Exchange exchange, Exception fault, CancellationToken aborted)
    {
        var reason = fault switch
        {
            OriginException origin => origin.Reason,
            SliceException slice => slice.Reason,
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
            exchange.Fail(reason, (fault as RequestBodyException)?.Status);
            await FailAsync(exchange, aborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            exchange.Cut(DeliveryReason.ClientGone);
        }
    }

    private void Tell(Exchange exchange)
    {
        var record = exchange.Record();
        _meters.Ended(record);
        _accessLog?.Ended(exchange, record);
        _sink?.Delivered(record);
    }
}
