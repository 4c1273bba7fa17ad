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
    private readonly DiskShelf _disk = new();
    private readonly PurgeLog _purges;
    private readonly Admitting _admitting;
    private readonly Deciding _deciding;
    private readonly Boarder _boarder;
    private readonly FlightTable _flights;
    private readonly SliceSource _slices;
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
        Touch = new PurgeTouch(options.PurgeLease, time);
        (_shieldPurges, _catchingUp) = (new ShieldPurges(_purges, Touch), new CatchingUp(_purges, time));
        _origins = new OriginClient(options, time, _shieldPurges);
        Converter = new Converter(options.Compression);
        _meters = new DeliveryMeters(() => _origins.Requests, () => _store.Bytes, () => _account.Bytes, () => _store.Count, () => _store.Evictions);
        OriginMeters.Register(_meters.Meter, () => _origins.Stats);
        _origins.BoundHit = _meters.BoundHit;
        _origins.Use(routes);
        _slices = new SliceSource(_origins, _store, _account, _disk, _meters, time);
        SliceWriter sliceWriter = new(_slices);
        _replies = new ReplyWriter(new BodyWriter(sliceWriter), sliceWriter, time) { Conversions = new Conversions(Converter, _account) };
        _voiding = new Voiding(_purges, _store, _disk, _meters, () => _routes, time);
        _flights = new FlightTable(_purges);
        Stale stale = new(Touch, _purges, _replies, time);
        _replies.Stale = stale;
        PassMarks marks = new(options.HitForMiss, time);
        KeyMemo<FlightResult.Failed> failures = new(options.FailureMemo, time);
        BodyFill fill = new(_store, _account, _flights, marks, _disk, _meters, time);
        PartFill parts = new(options, _store, _account, _slices, _disk, time);
        Fetcher fetcher = new(options, _origins, _store, _flights, marks, failures, _account, fill, parts, _disk, _meters, time);
        HeadWait heads = new(options.CollapseWait, _flights, _meters, time);
        _boarder = new Boarder(options.SliceBytes, _store, _flights, marks, failures, fetcher, heads, new FlightAnswers(_purges, stale, _replies), stale);
        Renewals renewals = new(options.MaxRequests, options.SliceBytes, _store, _flights, failures, fetcher, stale, _meters);
        _admitting = new Admitting(options, () => _routes, _catchingUp, time);
        _deciding = new Deciding(_store, _disk, stale, _boarder, renewals);
        HeadUpdate updates = new(options, _store, _disk, _purges, time);
        _passing = new Passing(_origins, stale, _voiding, updates, new PostKeeping(options, fetcher, _account, _voiding), _replies);
        _accessLog = options.AccessLog is null ? null : new AccessLog(options.AccessLog, time, () => _meters.BoundHit(DeliveryReason.AccessLog));
        Held = new HeldUrls(_store, () => _routes, stale);
        Explainer = new Explainer(ForeseeAsync, () => new Exchange(NoWriter.Instance, _name, time), _store, _disk, marks, _purges, stale, time);
    }

    /// <summary>Makes other codings of what is stored.</summary>
    public Converter Converter { get; }

    public MemoryStore Store => _store;

    /// <summary>Requests that board a flight now: for tests that must know when all wait.</summary>
    public int InFlight => _boarder.Aboard;

    /// <summary>Origin requests under way that others may join, those behind clients' backs too: for tests that must know when all is taken in.</summary>
    public int Flights => _flights.Count + _slices.Arriving;

    /// <summary>Where what peers say of purges is waited for.</summary>
    public CatchingUp CatchingUp => _catchingUp;

    /// <summary>The lease under which what is held may be trusted.</summary>
    public PurgeTouch Touch { get; }

    /// <summary>Says which URLs memory would answer.</summary>
    public HeldUrls Held { get; }

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
                    RequestStep.Route => _admitting.FindRoute(exchange),
                    RequestStep.Guard => _admitting.Guard(exchange),
                    RequestStep.Key => _admitting.FormKey(exchange),
                    RequestStep.CatchUp => await _admitting.CatchUpAsync(exchange, aborted),
                    RequestStep.LookUp => _deciding.LookUp(exchange),
                    RequestStep.Recall => await _deciding.RecallAsync(exchange, aborted),
                    RequestStep.Judge => _deciding.Judge(exchange),
                    RequestStep.Serve => await ServeAsync(exchange, aborted),
                    RequestStep.ServeAndRenew => _deciding.Renew(exchange),
                    RequestStep.Fetch => await FetchAsync(exchange, aborted),
                    RequestStep.Pass => await _passing.PassAsync(exchange, aborted),
                    _ => await Failing.FailAsync(exchange, aborted),
                };
            }
        }
        catch (Exception e)
        {
            await Failing.EndAsync(exchange, e, aborted);
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
            await Failing.FailAsync(exchange, aborted);
        }
        catch (Exception e)
        {
            await Failing.EndAsync(exchange, e, aborted);
        }
        finally
        {
            Tell(exchange);
        }
    }

    /// <summary>Opens the access log, where there is one.</summary>
    public void OpenLog(Action<Exception?> told) => _accessLog?.Open(told);

    /// <summary>Begins the access log anew at its path, which somebody has renamed.</summary>
    public void ReopenLog() => _accessLog?.Reopen();

    /// <summary>Writes the access lines that wait. No request may be in hand.</summary>
    public ValueTask CloseLogAsync() => _accessLog?.DisposeAsync() ?? ValueTask.CompletedTask;

    public int Purge(PurgeRequest request) =>
        _follows ? throw new InvalidOperationException("A plane that follows a feed takes its purges from there.") : _voiding.Purge(request);

    /// <inheritdoc cref="DeliveryPlane.PurgeAsync"/>
    public async ValueTask<int> PurgeAsync(PurgeRequest request, CancellationToken cancellation)
    {
        var touched = Purge(request);
        if (_disk.Objects is { } objects)
        {
            await objects.Tier.FlushAsync(cancellation);
        }

        return touched;
    }

    /// <summary>Begins to follow a feed, from the oldest purge that may concern what is held.</summary>
    public async Task<PurgeFollower> FollowAsync(IPurgeFeed feed, Action<Exception?> told, CancellationToken cancellation)
    {
        if (!Syntax.IsToken(feed.Name) || feed.Name.Length > PurgeMark.MaxFeed)
        {
            throw new ArgumentException($"A feed's name is a token of at most {PurgeMark.MaxFeed} characters; got '{feed.Name}'.", nameof(feed));
        }

        // What memory holds began after the start; what an earlier process left on disk has obeyed all up to what it noted there.
        _follows = true;
        var end = await feed.EndAsync(cancellation);
        var from = _disk.Objects is { } objects ? await objects.ResumeAsync(feed.Id, end, cancellation) : _purges.Begin(end);
        PurgeFollower follower = new(feed, from, _voiding.Obey, Touch, _time, told);
        (_shieldPurges.Feed, _catchingUp.Follower) = (feed.Name, follower);
        return follower;
    }

    /// <summary>Takes the disk tier's folder; call before the plane serves and before it follows a feed.</summary>
    public async ValueTask OpenDiskAsync(IDiskFiles files, Func<ulong> random)
    {
        if (_options.DiskFolder is { } folder)
        {
            PurgeNotes notes = new(_purges);
            var tier = await DiskTier.OpenAsync(_options.DiskOptions(folder), files, _time, random, notes);
            _disk.Objects = new DiskObjects(tier, _purges, notes, _account, random(), _time);
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
    private async ValueTask<RequestStep> ForeseeAsync(Exchange exchange, CancellationToken aborted)
    {
        for (var step = RequestStep.Route; ;)
        {
            RequestStep? next = step switch
            {
                RequestStep.Route => _admitting.FindRoute(exchange),
                RequestStep.Guard => _admitting.Guard(exchange),
                RequestStep.Key => _admitting.FormKey(exchange),
                RequestStep.LookUp => _deciding.LookUp(exchange),
                RequestStep.Recall => await _deciding.PeekAsync(exchange, aborted),
                RequestStep.Judge => _deciding.Judge(exchange),
                _ => null,
            };
            if (next is null)
            {
                return step;
            }

            step = next.Value;
        }
    }

    private RequestStep Overloaded(Exchange exchange)
    {
        _meters.BoundHit(DeliveryReason.Overloaded);
        return exchange.Fail(DeliveryReason.Overloaded, 503);
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
        catch (SliceException e) when (e.Reason == DeliveryReason.Status && !exchange.Started)
        {
            // The origin refuses this request, and says why to it alone.
            exchange.Verdict = default;
            return exchange.Pass(DeliveryReason.Range);
        }
    }

    /// <summary>
    /// What a flight brought may be found changed before a byte has left: the origin renewed the copy, or another's slice came, and the slice that this
    /// request begins with is of another version. It is fetched anew, and if that changes too, passed.
    /// </summary>
    private async ValueTask<RequestStep> FetchAsync(Exchange exchange, CancellationToken aborted)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await _boarder.FetchAsync(exchange, aborted);
            }
            catch (SliceException e) when (e.Reason == DeliveryReason.Changed && !exchange.Started)
            {
                var step = _deciding.Forget(exchange);
                if (tries == 2 || step != RequestStep.Fetch)
                {
                    return step == RequestStep.Fetch ? exchange.Pass(DeliveryReason.Changed) : step;
                }
            }
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
