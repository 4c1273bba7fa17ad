namespace Millrace.World.Client;

/// <summary>Where the audience finds the system, and how patient its client is.</summary>
public sealed record WorldClientOptions
{
    /// <summary>The api listener.</summary>
    public required Uri Api { get; init; }

    /// <summary>The key sent as <c>Authorization: Bearer</c>; null sends none.</summary>
    public string? Key { get; init; }

    /// <summary>The delivery listener: bodies are asked for here, whatever host their URL names, as if DNS pointed at it. Null believes the URL.</summary>
    public Uri? Delivery { get; init; }

    /// <summary>At most so many requests at once; others wait their turn.</summary>
    public int MaxInFlight { get; init; } = 128;

    /// <summary>At most so many wait for their turn; more are given up at once and counted.</summary>
    public int MaxWaiting { get; init; } = 4096;

    /// <summary>One request's deadline, its wait for a turn and its retries included; a browser's user is gone after this.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The first attempt included. Every request may be repeated: items, events and decisions carry ids of ours.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>A Retry-After above this is not waited for.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The wait before a retry when the answer names none; doubled each time.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(100);
}
