using Millrace.Delivery.Keys;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>
/// One request on its way to its response, and what will be told of it. A connection has one and uses it for request after request: the front end
/// calls <see cref="Begin"/>, fills <see cref="Request"/> and hands it to the core.
/// </summary>
internal sealed class Exchange(IResponseWriter writer, string cacheName, TimeProvider time)
{
    private long _arrived;
    private TimeSpan _timeToFirstByte;
    private int _status;
    private long _bodyBytes;
    private StoredResponse? _held;
    private List<StoredResponse>? _more;

    /// <summary>The request as the client sent it.</summary>
    public DeliveryRequest Request { get; } = new();

    /// <summary>The request as an origin sees it, once the route is known.</summary>
    public UpstreamRequest Upstream { get; set; } = null!;

    public Route? Route { get; set; }

    public string? Tag { get; set; }

    public string Key { get; set; } = "";

    public DeliveryOutcome Outcome { get; set; } = DeliveryOutcome.Error;

    public DeliveryReason Reason { get; set; }

    public bool Complete { get; set; }

    /// <summary>What is known by now of how the response comes about.</summary>
    public CacheStatus Verdict { get; set; }

    /// <summary>Fields of the origin's answer that are for this request alone, or null.</summary>
    public HeaderList? Own { get; set; }

    public bool Started => writer.Started;

    /// <summary>Makes it ready for the next request, which is empty then.</summary>
    public void Begin()
    {
        Request.Clear();
        (_arrived, _timeToFirstByte, _status, _bodyBytes) = (time.GetTimestamp(), default, 0, 0);
        (Upstream, Route, Tag, Key) = (null!, null, null, "");
        (Outcome, Reason, Complete, Verdict) = (DeliveryOutcome.Error, DeliveryReason.None, false, default);
    }

    public void Start(int status, HeaderList headers)
    {
        for (var i = 0; i < Own?.Count; i++)
        {
            headers.Add(Own[i]);
        }

        headers.Add("Cache-Status", Verdict.Text(cacheName));
        headers.Add("Via", $"1.1 {cacheName}");
        _status = status;
        _timeToFirstByte = time.GetElapsedTime(_arrived);
        Reason = Verdict.Detail;
        writer.Start(status, headers);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await writer.WriteAsync(data, cancellationToken);
        _bodyBytes += data.Length;
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken) => writer.FlushAsync(cancellationToken);

    /// <summary>Keeps a stored response's bytes accounted until the exchange ends (<see cref="LetGo"/>).</summary>
    public void Hold(StoredResponse response)
    {
        response.Hold();
        if (_held is null)
        {
            _held = response;
        }
        else
        {
            (_more ??= []).Add(response);
        }
    }

    public void LetGo()
    {
        _held?.LetGo();
        _held = null;
        _more?.ForEach(static response => response.LetGo());
        _more?.Clear();
    }

    public void Cut(DeliveryReason reason)
    {
        Reason = reason;
        Complete = false;
        writer.Abort();
    }

    public DeliveryRecord Record() => new()
    {
        Route = Route?.Match ?? "",
        KeyHash = Key.Length == 0 ? 0 : CacheKey.Hash(Key),
        Outcome = Outcome,
        Reason = Reason,
        Status = _status,
        TimeToFirstByte = _timeToFirstByte,
        BodyBytes = _bodyBytes,
        Complete = Complete,
        Tag = Tag,
    };
}
