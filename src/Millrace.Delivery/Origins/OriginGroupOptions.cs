using System.Collections.Immutable;

namespace Millrace.Delivery.Origins;

/// <summary>Several servers that answer for the same content, and what is done when one of them does it badly. Compared by value, so that a reload that changes nothing keeps what is known of the members.</summary>
public sealed record OriginGroupOptions
{
    /// <summary>Members at most: every choice looks at all of them.</summary>
    public const int MaxMembers = 64;

    /// <summary>The group's name in configuration, metrics and explanations.</summary>
    public required string Name { get; init; }

    /// <summary>The servers.</summary>
    public required ImmutableArray<OriginMember> Members { get; init; }

    /// <summary>Probes of every member; null for none, since a path that answers is the site's to name.</summary>
    public HealthCheckOptions? Health { get; init; }

    /// <summary>When a member that does worse than the others is left out for a while.</summary>
    public EjectionOptions Ejection { get; init; } = new();

    /// <summary>How much may be asked again.</summary>
    public RetryOptions Retry { get; init; } = new();

    /// <summary>When a second member is asked because the first is slow; null for never, since it costs the origin requests.</summary>
    public HedgeOptions? Hedge { get; init; }

    /// <summary>When a member is not asked at all because nearly everything fails.</summary>
    public BreakerOptions Breaker { get; init; } = new();

    /// <summary>The whole time that a request to the group has until its response's head, retries and hedges included; null leaves it to the bounds of each try.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What is wrong, one sentence each that begins with the option's path below the group; empty when all is well.</summary>
    public IReadOnlyList<string> Faults()
    {
        OptionFaults faults = new();
        faults.Unless(!string.IsNullOrWhiteSpace(Name) && Name.Length <= 64, "name", "1 to 64 characters");
        faults.AddMembers(Members);
        faults.UnlessTime(Timeout, "timeout");
        Health?.Check(faults);
        Ejection.Check(faults);
        Retry.Check(faults);
        Hedge?.Check(faults);
        Breaker.Check(faults);
        return faults.All;
    }

    /// <summary>By value, members in order.</summary>
    public bool Equals(OriginGroupOptions? other) =>
        other is not null && Name == other.Name && Members.AsSpan().SequenceEqual(other.Members.AsSpan()) && Health == other.Health
        && Ejection == other.Ejection && Retry == other.Retry && Hedge == other.Hedge && Breaker == other.Breaker && Timeout == other.Timeout;

    /// <summary>By name.</summary>
    public override int GetHashCode() => string.GetHashCode(Name, StringComparison.Ordinal);
}

/// <summary>One server of a group or tier.</summary>
/// <param name="Address">Absolute http or https URI; its path is put before the request's.</param>
/// <param name="Weight">Its share of the requests, beside the others' weights: 1 to 1000.</param>
public sealed record OriginMember(Uri Address, int Weight = 1);
