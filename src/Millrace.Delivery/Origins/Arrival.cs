namespace Millrace.Delivery.Origins;

/// <summary>When a response was asked for and when its head came.</summary>
/// <param name="RequestedAt">By the injected clock.</param>
/// <param name="ReceivedAt">By the injected clock.</param>
/// <param name="ReceivedTimestamp">The clock's monotonic reading at arrival.</param>
internal readonly record struct Arrival(DateTimeOffset RequestedAt, DateTimeOffset ReceivedAt, long ReceivedTimestamp);
