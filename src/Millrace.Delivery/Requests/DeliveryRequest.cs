namespace Millrace.Delivery.Requests;

/// <summary>A guarded request in the core's own terms: an origin-form target, one authority, end-to-end and hop fields as they came.</summary>
internal sealed record DeliveryRequest
{
    public required string Method { get; init; }

    /// <summary>http or https, as the client spoke to us.</summary>
    public required string Scheme { get; init; }

    /// <summary>Host and port as the client named them, lower case.</summary>
    public required string Authority { get; init; }

    /// <summary>Raw path and query; begins with a slash.</summary>
    public required string Target { get; init; }

    public required HeaderList Headers { get; init; }

    /// <summary>The body to stream on, or null when the request has none.</summary>
    public Stream? Body { get; init; }

    /// <summary>The client's address for X-Forwarded-For, or null when unknown.</summary>
    public string? Client { get; init; }

    /// <summary>The protocol for Via, such as 1.1 or 2.</summary>
    public string Protocol { get; init; } = "1.1";

    public bool IsGet => Method == "GET";

    public bool IsHead => Method == "HEAD";

    public ReadOnlySpan<char> Path
    {
        get
        {
            var query = Target.IndexOf('?', StringComparison.Ordinal);
            return query < 0 ? Target : Target.AsSpan(0, query);
        }
    }
}
