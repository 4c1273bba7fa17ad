namespace Millrace.Delivery.Requests;

/// <summary>The client's body cannot be read on: too large, too slow, malformed. Not the origin's fault.</summary>
internal sealed class RequestBodyException(int status, Exception inner) : IOException(inner.Message, inner)
{
    /// <summary>The status to answer with: 400, 408 or 413.</summary>
    public int Status { get; } = status;

    public DeliveryReason Reason => Status switch
    {
        408 => DeliveryReason.SlowClient,
        413 => DeliveryReason.BodyTooLarge,
        _ => DeliveryReason.BadRequest,
    };
}
