using Millrace.Delivery.Keys;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Replies;

/// <summary>One request on its way to its response, and what will be told of it.</summary>
internal sealed class Exchange(DeliveryRequest request, IResponseWriter writer, string cacheName, TimeProvider time)
{
    private readonly long _arrived = time.GetTimestamp();
    private TimeSpan _timeToFirstByte;
    private int _status;
    private long _bodyBytes;

    /// <summary>The request, with the tag taken out once the route is known.</summary>
    public DeliveryRequest Request { get; set; } = request;

    public Route? Route { get; set; }

    public string? Tag { get; set; }

    public string Key { get; set; } = "";

    public DeliveryOutcome Outcome { get; set; } = DeliveryOutcome.Error;

    public DeliveryReason Reason { get; set; }

    public bool Complete { get; set; }

    public bool Started => writer.Started;

    public void Start(int status, HeaderList headers, CacheStatus cacheStatus)
    {
        headers.Add("Cache-Status", cacheStatus.Text(cacheName));
        headers.Add("Via", $"1.1 {cacheName}");
        _status = status;
        _timeToFirstByte = time.GetElapsedTime(_arrived);
        Reason = cacheStatus.Detail;
        writer.Start(status, headers);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await writer.WriteAsync(data, cancellationToken);
        _bodyBytes += data.Length;
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
