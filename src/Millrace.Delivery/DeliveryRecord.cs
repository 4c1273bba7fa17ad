namespace Millrace.Delivery;

/// <summary>What became of one request, told once, after its response ended.</summary>
public readonly record struct DeliveryRecord
{
    /// <summary>The pattern of the route, or empty when none matched.</summary>
    public required string Route { get; init; }

    /// <summary>Half of the 128-bit hash of the cache key (scheme, host, target without the tag); zero without a route.</summary>
    public required ulong KeyHash { get; init; }

    /// <summary>How the response came about.</summary>
    public required DeliveryOutcome Outcome { get; init; }

    /// <summary>Why it was not a plain hit or stored miss.</summary>
    public required DeliveryReason Reason { get; init; }

    /// <summary>The status sent.</summary>
    public required int Status { get; init; }

    /// <summary>From the request's arrival to the head of its response.</summary>
    public required TimeSpan TimeToFirstByte { get; init; }

    /// <summary>Body bytes handed to the client's connection.</summary>
    public required long BodyBytes { get; init; }

    /// <summary>Whether the whole response was handed over.</summary>
    public required bool Complete { get; init; }

    /// <summary>The raw value of the route's tag parameter, still percent-encoded, or null.</summary>
    public required string? Tag { get; init; }
}
