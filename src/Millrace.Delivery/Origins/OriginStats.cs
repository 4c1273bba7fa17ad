using System.Collections.Immutable;

namespace Millrace.Delivery.Origins;

/// <summary>A reading of what the plane has to do with origins.</summary>
public sealed record OriginStats
{
    /// <summary>Connections, by the endpoint that they lead to.</summary>
    public required ImmutableArray<OriginEndpointStats> Endpoints { get; init; }
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
