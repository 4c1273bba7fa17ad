using System.Collections.Immutable;
using Millrace.Journal.Facts;

namespace Millrace.Decisions.Pipeline;

/// <summary>Where and for whom a decision was taken: what its events inherit.</summary>
/// <param name="Surface">The surface.</param>
/// <param name="Segment">The segment whose list the ladder would use; null when it had none.</param>
public sealed record DecisionContext(string Surface, string? Segment)
{
    private const int FixedBytes = 200;
    private const int EntryBytes = 160;

    /// <summary>The attributes of its context that it kept.</summary>
    public ImmutableSortedDictionary<string, string> Context { get; init; } = FactContext.None;

    /// <summary>Whether it was taken for somebody: segment and context then stand only where somebody's key seals them.</summary>
    public bool Personal { get; init; }

    /// <summary>What the decision's events inherit; of an erased one, what stands in the open.</summary>
    public static DecisionContext Of(Decided decision) => new(decision.Surface, decision.Segment)
    {
        Context = decision.Context, Personal = decision.Erased || decision.Subject is not null,
    };

    /// <summary>What an event without user and session may inherit: its fact has no key that would seal more.</summary>
    public DecisionContext InTheOpen() => Personal ? new DecisionContext(Surface, null) : this;

    public bool Equals(DecisionContext? other) =>
        other is not null && Surface == other.Surface && Segment == other.Segment && Personal == other.Personal && Context.SequenceEqual(other.Context);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Surface, StringComparer.Ordinal);
        hash.Add(Segment, StringComparer.Ordinal);
        foreach (var (key, value) in Context)
        {
            hash.Add(key, StringComparer.Ordinal);
            hash.Add(value, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    /// <summary>About what it weighs in memory.</summary>
    internal int Bytes => FixedBytes + (2 * (Segment?.Length ?? 0)) + BytesOf(Context);

    internal static int BytesOf(ImmutableSortedDictionary<string, string> context)
    {
        int bytes = 0;
        foreach (var (key, value) in context) bytes += EntryBytes + (2 * (key.Length + value.Length));
        return bytes;
    }
}
