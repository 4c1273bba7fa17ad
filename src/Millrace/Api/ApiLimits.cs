namespace Millrace.Api;

/// <summary>The API's bounds. Each is visible in refusals and counted by name in <c>millrace.api.bounds_hit</c>.</summary>
internal sealed record ApiLimits
{
    /// <summary><c>limits.requestBody</c>: a body, inflated. A JSON document is held whole, NDJSON is streamed: memory holds one batch of it.</summary>
    public long RequestBody { get; init; } = 16 << 20;

    /// <summary><c>limits.requestLine</c>: one NDJSON line; a longer one is refused and the rest applies.</summary>
    public int RequestLine { get; init; } = 64 << 10;

    /// <summary><c>limits.requestLines</c>: NDJSON lines in one request.</summary>
    public int RequestLines { get; init; } = 100_000;

    /// <summary>Records appended together: one group commit.</summary>
    public int BatchRecords { get; init; } = 256;

    /// <summary>Faults listed per document or record; the rest is counted.</summary>
    public int MaxFaults { get; init; } = 32;

    /// <summary>Refused records listed in a reply; the rest is counted.</summary>
    public int MaxRejectedListed { get; init; } = 1_000;

    /// <summary>Event ids remembered in memory, 64 bytes each or so; past it the journal's own index is asked, which is slower.</summary>
    public int RememberedEvents { get; init; } = 4_000_000;

    /// <summary>Items whose present version is known by hash; past it, putting an equal item again is one more fact.</summary>
    public int RememberedItems { get; init; } = 5_000_000;

    /// <summary>Facts of one kind shown with a decision.</summary>
    public int MaxFactsShown { get; init; } = 1_000;

    /// <summary>URLs named in the Link header of a decision.</summary>
    public int MaxPreloads { get; init; } = 4;
}
