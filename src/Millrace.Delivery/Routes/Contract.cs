namespace Millrace.Delivery.Routes;

/// <summary>How stale a route's copies may be when the origin cannot be asked. Directives of the origin that forbid stale use (RFC 9111 §4.2.4) come first.</summary>
public readonly record struct Contract
{
    private Contract(ContractKind kind, TimeSpan past) => (Kind, Past) = (kind, past);

    /// <summary>The promise's kind.</summary>
    public ContractKind Kind { get; }

    /// <summary>How long past its freshness a copy may be served: zero when strict, <see cref="TimeSpan.MaxValue"/> when available.</summary>
    public TimeSpan Past { get; }

    /// <summary>Serve stale for as long as the origin is away.</summary>
    public static Contract Available { get; } = new(ContractKind.Available, TimeSpan.MaxValue);

    /// <summary>Revalidate or fail.</summary>
    public static Contract Strict { get; } = new(ContractKind.Strict, TimeSpan.Zero);

    /// <summary>Serve stale at most <paramref name="past"/> beyond freshness.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="past"/> is not positive.</exception>
    public static Contract Bounded(TimeSpan past)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(past, TimeSpan.Zero);
        return new Contract(ContractKind.Bounded, past);
    }
}
