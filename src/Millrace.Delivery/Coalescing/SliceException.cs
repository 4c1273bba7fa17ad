namespace Millrace.Delivery.Coalescing;

/// <summary>The origin answered, and not with the slice that was asked for: with an error, or from another representation.</summary>
internal sealed class SliceException(DeliveryReason reason) : Exception(reason.Wire())
{
    /// <summary><see cref="DeliveryReason.Changed"/> or <see cref="DeliveryReason.OriginError"/>.</summary>
    public DeliveryReason Reason { get; } = reason;
}
