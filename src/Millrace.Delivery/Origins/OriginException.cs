namespace Millrace.Delivery.Origins;

/// <summary>An origin failed before its response's head was complete.</summary>
internal sealed class OriginException(DeliveryReason reason, Exception? inner) : Exception(reason.Wire(), inner)
{
    public DeliveryReason Reason { get; } = reason;
}
