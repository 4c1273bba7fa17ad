using System.Collections.Immutable;

namespace Millrace.Delivery.Observing;

/// <summary>What is written of requests, and where.</summary>
public sealed record AccessLogOptions
{
    /// <summary>The file; null for standard output.</summary>
    public string? Path { get; init; }

    /// <summary>The share of requests that are written, in [0, 1]; those that fail are written all.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Whether queries are written, but for secrets: they hold search words and addresses.</summary>
    public bool KeepQuery { get; init; }

    /// <summary>Further query parameters whose values are never written (<see cref="QueryRedaction"/>).</summary>
    public ImmutableArray<string> Redacted { get; init; } = [];

    /// <summary>What is written of the client's address.</summary>
    public ClientForm Client { get; init; } = ClientForm.Prefix;

    /// <summary>Lines that wait for the disk; more are dropped, and counted.</summary>
    public int MaxQueued { get; init; } = 8192;

    /// <summary>A file that grows beyond it is renamed, and another begun. One that cannot be renamed takes no more lines at twice the size.</summary>
    public long RotateBytes { get; init; } = 100L << 20;

    /// <summary>Renamed files that are kept.</summary>
    public int Keep { get; init; } = 5;
}

/// <summary>How much of a client's address is written.</summary>
public enum ClientForm
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Its network: /24, or /48 of IPv6.</summary>
    Prefix,

    /// <summary>All of it.</summary>
    Full,
}
