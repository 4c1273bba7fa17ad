namespace Millrace.Delivery.Purge;

/// <summary>What to purge; the named sets add up.</summary>
public sealed record PurgeRequest
{
    /// <summary>URLs with scheme and host, or host and path alone for both schemes.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>Surrogate keys, as in the origin's Surrogate-Key or Cache-Tag.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The pattern of a route whose whole content is meant.</summary>
    public string? Route { get; init; }

    /// <summary>Beginnings of URLs, host and path at least; without a scheme for both schemes.</summary>
    public IReadOnlyList<string> Prefixes { get; init; } = [];

    /// <summary>
    /// Whether what is named becomes stale rather than void: it is validated before its next use, and may meanwhile be served as stale responses may
    /// (stale-while-revalidate, stale-if-error, the route's contract).
    /// </summary>
    public bool Soft { get; init; }
}
