namespace Millrace.Delivery.Origins;

/// <summary>Active health checks: a GET to every member, which is left out after some that fail and taken back after some that succeed.</summary>
public sealed record HealthCheckOptions
{
    /// <summary>The path to ask for.</summary>
    public required string Path { get; init; }

    /// <summary>The Host field of the probe; null for the member's own name.</summary>
    public string? Host { get; init; }

    /// <summary>Time between two probes of a member, which a tenth more or less keeps from marching in step. HAProxy's is 2 s, Envoy's usual 5 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time for an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Probes in a row that must fail. HAProxy: fall 3.</summary>
    public int Fall { get; init; } = 3;

    /// <summary>Probes in a row that must succeed. HAProxy: rise 2.</summary>
    public int Rise { get; init; } = 2;

    /// <summary>The status expected; null for any from 200 to 399.</summary>
    public int? Status { get; init; }

    internal void Check(OptionFaults faults)
    {
        faults.Unless(Path is { Length: > 0 } && Path[0] == '/' && Path.AsSpan().IndexOfAnyExceptInRange('\u0021', '\u007e') < 0, "health.path", "a path of printable ASCII that begins with '/'");
        faults.Unless(Host is null || (Host.Length > 0 && Host.AsSpan().IndexOfAnyExceptInRange('\u0021', '\u007e') < 0), "health.host", "a host name");
        faults.UnlessTime(Interval, "health.interval");
        faults.UnlessTime(Timeout, "health.timeout");
        faults.Unless(Interval >= TimeSpan.FromMilliseconds(100), "health.interval", "at least 100 ms");
        faults.Unless(Fall is >= 1 and <= 100, "health.fall", "1 to 100");
        faults.Unless(Rise is >= 1 and <= 100, "health.rise", "1 to 100");
        faults.Unless(Status is null or (>= 200 and <= 599), "health.status", "200 to 599");
    }
}
