namespace Millrace.Delivery.Coalescing;

/// <summary>The origin answered, and not with the slice that was asked for: with an error, from another representation, or to the one who asked alone.</summary>
internal sealed class SliceException(DeliveryReason reason) : Exception(reason.Wire())
{
    /// <summary><see cref="DeliveryReason.Changed"/>, <see cref="DeliveryReason.OriginError"/>, or <see cref="DeliveryReason.Status"/>.</summary>
    public DeliveryReason Reason { get; } = reason;
}
