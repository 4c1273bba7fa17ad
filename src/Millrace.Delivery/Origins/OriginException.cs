namespace Millrace.Delivery.Origins;

/// <summary>An origin failed, or could not be asked.</summary>
internal sealed class OriginException(OriginFault fault, Exception? inner = null) : Exception(fault.Wire(), inner)
{
    public OriginFault Fault { get; } = fault;

    public DeliveryReason Reason => Fault.Reason();

    /// <summary>
    /// Whether a connection that had served before was closed without a byte of this response: the server most likely closed it for idleness while the
    /// request was under way, and a safe one is sent again (RFC 9112 §9.3.1).
    /// </summary>
    public bool ConnectionWasStale { get; init; }
}
