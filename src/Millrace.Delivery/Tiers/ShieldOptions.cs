using System.Collections.Immutable;
using Millrace.Delivery.Origins;

namespace Millrace.Delivery.Tiers;

/// <summary>
/// Other nodes of this product that stand between this one and the origin. Each object has a home among them by rendezvous hashing, so that the origin is
/// asked once per object and not once per edge; a home that has too much in hand hands on to the object's next. Compared by value.
/// </summary>
public sealed record ShieldOptions
{
    /// <summary>The tier's name in configuration, metrics and explanations.</summary>
    public required string Name { get; init; }

    /// <summary>The shields.</summary>
    public required ImmutableArray<OriginMember> Members { get; init; }

    /// <summary>How many times its fair share of the requests in hand a shield takes before the object's next is asked (Mirrokni, Thorup, Zadimoghaddam 2018: bounded loads; their 1 + ε).</summary>
    public double LoadFactor { get; init; } = 1.25;

    /// <summary>Shields that are asked for one request before the origin is.</summary>
    public int Tries { get; init; } = 2;

    /// <summary>Time for the shields to give a head; then the origin is asked (safe requests only). An origin's own bounds hold behind the shield.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Probes of every shield; null for none: the breaker learns from requests alone.</summary>
    public HealthCheckOptions? Health { get; init; }

    /// <summary>When a shield is not asked at all.</summary>
    public BreakerOptions Breaker { get; init; } = new() { FailureShare = 0.5, MinRequests = 5 };

    /// <summary>What is wrong, one sentence each that begins with the option's path below the tier; empty when all is well.</summary>
    public IReadOnlyList<string> Faults()
    {
        OptionFaults faults = new();
        faults.Unless(!string.IsNullOrWhiteSpace(Name) && Name.Length <= 64, "name", "1 to 64 characters");
        faults.AddMembers(Members);
        faults.Unless(LoadFactor is > 1 and <= 100, "loadFactor", "above 1 and at most 100");
        faults.Unless(Tries is >= 1 and <= 8, "tries", "1 to 8");
        faults.UnlessTime(Budget, "budget");
        Health?.Check(faults);
        Breaker.Check(faults);
        return faults.All;
    }

    /// <summary>By value, members in order.</summary>
    public bool Equals(ShieldOptions? other) =>
        other is not null && Name == other.Name && Members.AsSpan().SequenceEqual(other.Members.AsSpan()) && LoadFactor.Equals(other.LoadFactor)
        && Tries == other.Tries && Budget == other.Budget && Health == other.Health && Breaker == other.Breaker;

    /// <summary>By name.</summary>
    public override int GetHashCode() => string.GetHashCode(Name, StringComparison.Ordinal);
}
