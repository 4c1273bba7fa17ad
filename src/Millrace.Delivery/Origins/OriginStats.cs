using System.Collections.Immutable;

namespace Millrace.Delivery.Origins;

/// <summary>A reading of what the plane has to do with origins.</summary>
public sealed record OriginStats
{
    /// <summary>Connections, by the endpoint that they lead to.</summary>
    public required ImmutableArray<OriginEndpointStats> Endpoints { get; init; }

    /// <summary>Groups of the routes in force; a route with one origin is a group of one, named by its address.</summary>
    public required ImmutableArray<OriginGroupStats> Groups { get; init; }

    /// <summary>Tiers of shields of the routes in force.</summary>
    public required ImmutableArray<OriginGroupStats> Tiers { get; init; }
}

/// <summary>The connections to one endpoint.</summary>
public sealed record OriginEndpointStats
{
    /// <summary>Scheme, host and port.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Connections open, or being opened.</summary>
    public required int Open { get; init; }

    /// <summary>Of these, ready for a request.</summary>
    public required int Idle { get; init; }

    /// <summary>Of these, read at a client's pace.</summary>
    public required int Passes { get; init; }

    /// <summary>Requests that wait for one.</summary>
    public required int Waiting { get; init; }

    /// <summary>Connections opened since the start.</summary>
    public required long Opened { get; init; }

    /// <summary>Times that a connection served another request.</summary>
    public required long Reused { get; init; }
}

/// <summary>A group of origins, or a tier of shields.</summary>
public sealed record OriginGroupStats
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its members, in their order.</summary>
    public required ImmutableArray<OriginMemberStats> Members { get; init; }

    /// <summary>Times that a member was left out as an outlier.</summary>
    public long Ejections { get; init; }

    /// <summary>Requests sent again.</summary>
    public long Retries { get; init; }

    /// <summary>Requests not sent again for want of budget.</summary>
    public long RetriesRefused { get; init; }

    /// <summary>Requests sent to a second member beside a slow first.</summary>
    public long Hedges { get; init; }

    /// <summary>Of these, the second answered first.</summary>
    public long HedgesWon { get; init; }

    /// <summary>Requests not hedged for want of budget.</summary>
    public long HedgesRefused { get; init; }

    /// <summary>Of a tier: requests that went to the origin because no shield answered.</summary>
    public long Fallbacks { get; init; }

    /// <summary>Of a tier: of these, because an answer was, or would have been, older than a purge that has been obeyed here.</summary>
    public long Outdated { get; init; }
}

/// <summary>A member of a group.</summary>
public sealed record OriginMemberStats
{
    /// <summary>Its address.</summary>
    public required Uri Address { get; init; }

    /// <summary>Its weight as configured.</summary>
    public required int Weight { get; init; }

    /// <summary>Requests in hand.</summary>
    public required int InHand { get; init; }

    /// <summary>Requests sent.</summary>
    public required long Requests { get; init; }

    /// <summary>What went wrong, how often.</summary>
    public required ImmutableDictionary<OriginFault, long> Failures { get; init; }

    /// <summary>The 95th percentile of recent times to the head.</summary>
    public required TimeSpan P95 { get; init; }

    /// <summary>Whether its health checks succeed, or there are none.</summary>
    public required bool IsHealthy { get; init; }

    /// <summary>Whether it is left out as an outlier.</summary>
    public required bool IsEjected { get; init; }

    /// <summary>How often it was.</summary>
    public required long Ejections { get; init; }

    /// <summary>Its breaker.</summary>
    public required BreakerState Breaker { get; init; }
}
