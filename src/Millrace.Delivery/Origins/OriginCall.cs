using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Origins;

/// <summary>What is to be asked.</summary>
/// <param name="Request">Method, target and authority; its fields are not sent.</param>
/// <param name="Headers">The fields to send.</param>
/// <param name="Body">The body to stream, or null.</param>
/// <param name="Pace">Whose pace the response will be read at.</param>
/// <param name="Interim">Told of interim responses (1xx) other than 100, before the final one; null to drop them.</param>
internal readonly record struct OriginCall(UpstreamRequest Request, HeaderList Headers, IRequestBody? Body, OriginPace Pace, Func<int, HeaderList, ValueTask>? Interim)
{
    /// <summary>Times in place of the plane's.</summary>
    public RouteTimeouts Timeouts { get; init; }

    /// <summary>By when the head must be here, as the clock's timestamp; while a client uploads, no time runs.</summary>
    public long Deadline { get; init; } = long.MaxValue;

    /// <summary>Further field lines, whole, for the next hop alone.</summary>
    public ReadOnlyMemory<byte> Extra { get; init; }

    /// <summary>The leave of the server's breaker for it.</summary>
    public BreakerTicket Ticket { get; init; }

    /// <summary>
    /// Whether it changes nothing (RFC 9110 §9.2.1), so that it may be sent twice, to the same server or another. PUT and DELETE are idempotent too, but a
    /// second one may undo what somebody else did in between.
    /// </summary>
    public bool IsSafe => Body is null && (Request.Method is RequestMethod.Get or RequestMethod.Head or RequestMethod.Options);
}
