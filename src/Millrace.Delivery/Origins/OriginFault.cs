namespace Millrace.Delivery.Origins;

/// <summary>What went wrong between us and a server: one closed set for exceptions, metrics and explanations. <see cref="OriginFaults.Reason"/> is what the client is told.</summary>
public enum OriginFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The name has no address.</summary>
    Unresolved,

    /// <summary>No address took the connection.</summary>
    Refused,

    /// <summary>No address answered in ConnectTimeout.</summary>
    ConnectTimeout,

    /// <summary>TLS could not be agreed on under the origin's name.</summary>
    Tls,

    /// <summary>Every connection is in use, and as many requests wait as may.</summary>
    QueueFull,

    /// <summary>Every connection stayed in use for as long as a request may wait.</summary>
    QueueTimeout,

    /// <summary>The circuit breaker is open, or every member is.</summary>
    CircuitOpen,

    /// <summary>The request was not taken in time.</summary>
    SendTimeout,

    /// <summary>The head did not come in time.</summary>
    HeadTimeout,

    /// <summary>The body was silent for too long.</summary>
    BodyTimeout,

    /// <summary>The connection ended before a whole head.</summary>
    ClosedEarly,

    /// <summary>The head is malformed.</summary>
    HeadMalformed,

    /// <summary>The head passes MaxHeadBytes or MaxFields.</summary>
    HeadTooLarge,

    /// <summary>Where the body ends cannot be known for certain (RFC 9112 §6.3).</summary>
    Framing,

    /// <summary>More interim responses than MaxInterim.</summary>
    TooManyInterim,

    /// <summary>101, which nobody asked for.</summary>
    SwitchedProtocol,

    /// <summary>304 to a request without conditions, or about another representation.</summary>
    UnexpectedNotModified,

    /// <summary>The body ended before its length or last chunk, or, over TLS, without a word where only that ends it.</summary>
    Truncated,

    /// <summary>The chunked framing or its trailers are malformed.</summary>
    ChunkMalformed,
}

/// <summary>What an <see cref="OriginFault"/> means to others.</summary>
public static class OriginFaults
{
    private static readonly string[] Words = Array.ConvertAll(Enum.GetNames<OriginFault>(), static name => char.ToLowerInvariant(name[0]) + name[1..]);

    /// <summary>The reason that Cache-Status, problems and logs give.</summary>
    public static DeliveryReason Reason(this OriginFault fault) => fault switch
    {
        OriginFault.None => DeliveryReason.None,
        OriginFault.Unresolved or OriginFault.Refused or OriginFault.Tls => DeliveryReason.OriginUnreachable,
        OriginFault.QueueFull or OriginFault.QueueTimeout => DeliveryReason.OriginBusy,
        OriginFault.CircuitOpen => DeliveryReason.OriginCircuitOpen,
        OriginFault.ConnectTimeout or OriginFault.SendTimeout or OriginFault.HeadTimeout or OriginFault.BodyTimeout => DeliveryReason.OriginTimeout,
        _ => DeliveryReason.OriginBroken,
    };

    /// <summary>The fault in camelCase.</summary>
    public static string Wire(this OriginFault fault) => Words[(int)fault];
}
