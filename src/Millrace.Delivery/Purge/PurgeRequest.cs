namespace Millrace.Delivery.Purge;

/// <summary>What to void; the named sets add up.</summary>
public sealed record PurgeRequest
{
    /// <summary>URLs with scheme and host, or host and path alone for both schemes.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>Surrogate keys, as in the origin's Surrogate-Key or Cache-Tag.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The pattern of a route whose whole content is voided.</summary>
    public string? Route { get; init; }
}
