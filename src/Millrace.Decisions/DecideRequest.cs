using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions;

/// <summary>One validated request for a decision.</summary>
public sealed record DecideRequest
{
    public required string DecisionId { get; init; }

    public string Tenant { get; init; } = "default";

    public required string Surface { get; init; }

    public string? User { get; init; }

    public string? Session { get; init; }

    /// <summary>When the client asked; zero means now.</summary>
    public UnixMicros Time { get; init; }

    public ImmutableSortedDictionary<string, string> Context { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The caller's own candidates; default (not empty) means that the policy's sources propose them.</summary>
    public ImmutableArray<RequestCandidate> Candidates { get; init; }

    public ImmutableArray<string> Exclude { get; init; } = [];

    /// <summary>Replaces the surface's slots when not default.</summary>
    public ImmutableArray<RequestSlot> Slots { get; init; }

    /// <summary>What the slate must keep to beside the policy's own constraints; null for nothing.</summary>
    public SlateConstraints? Constraints { get; init; }

    public DecideMode Mode { get; init; }

    /// <summary>The caller's patience; null takes the node's default.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>A candidate that the caller proposes.</summary>
/// <param name="Item">Its id; it need not be in the catalogue.</param>
/// <param name="Features">Feature values by name, which win over the online store's.</param>
public sealed record RequestCandidate(string Item, ImmutableSortedDictionary<string, float> Features);

/// <summary>A slot that the caller defines.</summary>
/// <param name="Id">Unique in the request.</param>
/// <param name="Count">1 to 100.</param>
/// <param name="Baseline">What the caller would show: returned in apprentice mode, recorded in log-only mode.</param>
public sealed record RequestSlot(string Id, int Count, ImmutableArray<string> Baseline)
{
    public static RequestSlot Of(Slot slot) => new(slot.Id, slot.Count, []);
}

/// <summary>What a decision is for.</summary>
public enum DecideMode
{
    /// <summary>The policy decides.</summary>
    Online,

    /// <summary>The caller's baseline is returned; the policy learns from it.</summary>
    Apprentice,

    /// <summary>The caller's slate is recorded.</summary>
    LogOnly,
}
