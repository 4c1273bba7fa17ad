using System.Runtime.CompilerServices;
using Millrace.Delivery.Compression;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Replies;

/// <summary>
/// One request on its way to its response, and what will be told of it. A connection has one and uses it for request after request: the front end
/// calls <see cref="Begin"/>, fills <see cref="Request"/> and hands it to the core.
/// </summary>
internal sealed class Exchange
{
    private readonly IResponseWriter _writer;
    private readonly CacheName _name;
    private readonly TimeProvider _time;
    private long _arrived;
    private TimeSpan _timeToFirstByte;
    private int _status;
    private int? _failure;
    private long _bodyBytes;
    private UpstreamRequest? _upstream;
    private readonly byte[] _accepts = new byte[256];
    private int _acceptsLength;
    private StoredNode? _held;
    private List<StoredNode>? _more;

    public Exchange(IResponseWriter writer, CacheName name, TimeProvider time)
    {
        (_writer, _name, _time) = (writer, name, time);
        Fields = new UpstreamFields(Request, name.Text, name.Loop);
    }

    /// <summary>The request as the client sent it; once its route is known, without the fields that never go forward.</summary>
    public DeliveryRequest Request { get; } = new();

    /// <summary>The request's fields as an origin would see them.</summary>
    public UpstreamFields Fields { get; }

    /// <summary>The object's key, empty until the route is known.</summary>
    public KeyBuffer Key { get; } = new();

    /// <summary>The head that is being made, in room that each reply uses again.</summary>
    public HeaderList Reply { get; } = new(32);

    public Route? Route { get; set; }

    /// <summary>The raw value of the route's tag parameter, or null.</summary>
    public string? Tag { get; set; }

    public RequestDirectives Directives { get; set; }

    /// <summary>The purges that no answer may be older than, because the peer that asks has obeyed them; null for none. Every answer vouches for them.</summary>
    public PurgeMark? Mark => Request.Tier?.Purges;

    /// <summary>Whether this node has obeyed them as well, so that all that it holds is newer.</summary>
    public bool HasReachedMark { get; set; }

    /// <summary>The copy that the look-up found, fit or not.</summary>
    public CachedObject? Stored { get; set; }

    /// <summary>The codings that the client accepts, where its own field does not say so any more (<see cref="TakeCodings"/>); else null.</summary>
    public AcceptedCodings? Codings { get; private set; }

    /// <summary>The slice that the reply begins with, held; or null.</summary>
    public Slice? First { get; private set; }

    /// <summary>The slice to fetch on behalf of all who want ranges; null for the whole object.</summary>
    public ByteRange? Part { get; set; }

    /// <summary>Whether the request goes forward alone and with its own conditions, though its answer may be kept.</summary>
    public bool IsAsItCame { get; private set; }

    public DeliveryOutcome Outcome { get; set; }

    public DeliveryReason Reason { get; set; }

    public bool Complete { get; set; }

    /// <summary>What is known by now of how the response comes about.</summary>
    public CacheStatus Verdict { get; set; }

    /// <summary>The rule that the request's head broke, where it was refused for one.</summary>
    public HeadFault Fault { get; set; }

    /// <summary>Whether slices of the copy must be fetched for this request.</summary>
    public bool LacksSlices { get; set; }

    /// <summary>Fields of the origin's answer that are for this request alone, or null.</summary>
    public HeaderList? Own { get; set; }

    public bool Started => _writer.Started;

    /// <summary>Since the request's arrival.</summary>
    public TimeSpan Took => _time.GetElapsedTime(_arrived);

    public bool OnlyIfCached => Directives.OnlyIfCached && (Request.IsGet || Request.IsHead);

    /// <summary>The status that says what the verdict's detail names: as a step settled it (<see cref="Fail"/>), else with the origin's own where it gave one.</summary>
    public int FailureStatus => _failure ?? (Verdict.ForwardStatus, Verdict.Detail) switch
    {
        (503, _) => 503,
        (_, DeliveryReason.OriginBusy or DeliveryReason.OriginCircuitOpen) => 503,
        (504, _) or (_, DeliveryReason.OriginTimeout) => 504,
        (_, DeliveryReason.Internal) => 500,
        _ => 502,
    };

    /// <summary>The request as it goes forward, made when it is first asked for; it may outlive the exchange.</summary>
    public UpstreamRequest Upstream => _upstream ??= UpstreamRequest.Of(Request, Route!.Rewrite.SendsMore ? Route.Rewrite.Sent(Request.Target) : Key.Target, Fields, Key.Own());

    /// <summary>
    /// Asks the origin for no coding, so that there is one variant, of which any coding can be made (decision 0018). What goes past the cache keeps the
    /// client's own wish.
    /// </summary>
    public void TakeCodings()
    {
        var length = 0;
        foreach (var member in Request.Headers.Members(FieldId.AcceptEncoding))
        {
            if (length + member.Length + 1 > _accepts.Length)
            {
                return;
            }

            _accepts[length++] = (byte)',';
            member.CopyTo(_accepts.AsSpan(length));
            length += member.Length;
        }

        (_acceptsLength, Codings) = (length, AcceptedCodings.Parse(Request.Headers));
        Request.Headers.Set(FieldId.AcceptEncoding, ContentCoding.Identity.Wire());
    }

    /// <summary>Notes that the request fetches for itself, with all that it said: its object was lately found unshareable.</summary>
    public RequestStep FetchAsItCame()
    {
        GiveBackCodings();
        IsAsItCame = true;
        Verdict = Verdict with { Detail = DeliveryReason.HitForMiss };
        return RequestStep.Fetch;
    }

    private void GiveBackCodings()
    {
        if (Codings is not null)
        {
            Codings = null;
            Request.Headers.Remove(FieldId.AcceptEncoding);
            if (_acceptsLength > 0)
            {
                Request.Headers.Add(FieldId.AcceptEncoding, _accepts.AsSpan(1, _acceptsLength - 1));
            }
        }
    }

    /// <summary>Makes it ready for the next request, which is empty then.</summary>
    public void Begin()
    {
        Request.Clear();
        Key.Clear();
        (_arrived, _timeToFirstByte, _status, _bodyBytes, _failure) = (_time.GetTimestamp(), default, 0, 0, null);
        (_upstream, Part, Stored, Own, Route, Tag, Directives) = (null, null, null, null, null, null, default);
        (Codings, IsAsItCame, LacksSlices, HasReachedMark, Fault) = (null, false, false, false, HeadFault.None);
        (Outcome, Reason, Complete, Verdict) = (DeliveryOutcome.Error, DeliveryReason.None, false, default);
    }

    /// <summary>Notes why the request fails, and with what status where that is settled.</summary>
    public RequestStep Fail(DeliveryReason reason, int? status)
    {
        _failure = status;
        Verdict = Verdict with { Detail = reason };
        return RequestStep.Fail;
    }

    /// <summary>Notes why the cache stands aside.</summary>
    public RequestStep Pass(DeliveryReason reason)
    {
        GiveBackCodings();
        Verdict = Verdict with
        {
            Forward = reason switch
            {
                DeliveryReason.Method => "method",
                DeliveryReason.RequestForm or DeliveryReason.RequestNoStore => "request",
                DeliveryReason.NotCacheable => "bypass",
                _ => Verdict.Forward ?? "miss",
            },
            Detail = reason,
        };
        return RequestStep.Pass;
    }

    /// <summary>Signs and gives the head.</summary>
    public void Start(int status, HeaderList headers)
    {
        if (Route?.PassSurrogateFields == false && Request.Tier is not { IsBelieved: true })
        {
            // Purge tags and lifetimes that the origin told us alone; the next tier of ours needs them.
            headers.Remove(FieldId.SurrogateKey);
            headers.Remove(FieldId.CacheTag);
            headers.Remove(FieldId.SurrogateControl);
        }

        for (var i = 0; i < Own?.Count; i++)
        {
            headers.Add(Own[i]);
        }

        _name.Sign(headers, Verdict, Route?.Target.Show == true ? Key.Bytes : default);
        if (Request.Tier is not null && (Verdict.Detail == DeliveryReason.Loop || Mark is not null))
        {
            headers.Add(TierField.Name, Verdict.Detail == DeliveryReason.Loop ? "loop" : Mark.ToString()!);
        }

        _status = status;
        _timeToFirstByte = _time.GetElapsedTime(_arrived);
        Reason = Verdict.Detail;
        _writer.Start(status, headers);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await _writer.WriteAsync(data, cancellationToken);
        _bodyBytes += data.Length;
    }

    /// <summary>Writes pieces of <paramref name="length"/> bytes together.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, long length, CancellationToken cancellationToken)
    {
        await _writer.WriteAsync(pieces, cancellationToken);
        _bodyBytes += length;
    }

    /// <summary>Passes an interim response on.</summary>
    public ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken) => _writer.InformAsync(status, headers, cancellationToken);

    /// <summary>Gives the trailers, after the body.</summary>
    public void End(HeaderList trailers) => _writer.End(trailers);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => _writer.FlushAsync(cancellationToken);

    /// <summary>Keeps a stored node's bytes accounted until the exchange ends (<see cref="LetGo"/>).</summary>
    public void Hold(StoredNode held)
    {
        held.Hold();
        Take(held);
    }

    /// <summary>Takes over the hold that the caller has on an object or a slice; the slice is the one that the reply begins with.</summary>
    public void Take(StoredNode held)
    {
        First = held as Slice ?? First;
        if (_held is null)
        {
            _held = held;
        }
        else
        {
            (_more ??= []).Add(held);
        }
    }

    public void LetGo()
    {
        First = null;
        _held?.LetGo();
        _held = null;
        _more?.ForEach(static held => held.LetGo());
        _more?.Clear();
    }

    public void Cut(DeliveryReason reason)
    {
        Reason = reason;
        Complete = false;
        _writer.Abort();
    }

    public DeliveryRecord Record() => new()
    {
        Route = Route?.Match ?? "",
        KeyHash = Key.IsEmpty ? 0 : (ulong)Key.Hash,
        Outcome = Outcome,
        Reason = Reason,
        Status = _status,
        TimeToFirstByte = _timeToFirstByte,
        BodyBytes = _bodyBytes,
        Complete = Complete,
        Tag = Tag,
    };
}
