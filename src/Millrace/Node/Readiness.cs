using System.Collections.Immutable;

namespace Millrace.Node;

/// <summary>Whether the node should get traffic, and if not, for which reasons. Each part of the node sets and clears its own reason.</summary>
internal sealed class Readiness
{
    private ImmutableSortedSet<string> _reasons = ImmutableSortedSet.Create(StringComparer.Ordinal, UnreadyReason.Starting);

    /// <summary>Empty when ready.</summary>
    public ImmutableSortedSet<string> Reasons => Volatile.Read(ref _reasons);

    public bool IsReady => Reasons.IsEmpty;

    public void Hold(string reason) => ImmutableInterlocked.Update(ref _reasons, (set, r) => set.Add(r), reason);

    public void Release(string reason) => ImmutableInterlocked.Update(ref _reasons, (set, r) => set.Remove(r), reason);
}

/// <summary>The closed set of reasons for which a node is not ready.</summary>
internal static class UnreadyReason
{
    /// <summary>The journal is being opened, or the listeners are.</summary>
    public const string Starting = "starting";

    /// <summary>The features have not yet folded what the journal held at the start.</summary>
    public const string FeaturesCatchingUp = "featuresCatchingUp";

    /// <summary>The features are folded, and an index of neighbours does not hold all items yet.</summary>
    public const string NeighboursBuilding = "neighboursBuilding";

    /// <summary>The journal refuses appends.</summary>
    public const string JournalFault = "journalFault";

    /// <summary>Features are not folded: decisions use the last snapshot.</summary>
    public const string FeaturesStalled = "featuresStalled";

    /// <summary>Purges are not followed: what is held is unverified.</summary>
    public const string PurgesLost = "purgesLost";

    /// <summary>SIGTERM came: requests in flight are finished, new ones belong elsewhere.</summary>
    public const string Draining = "draining";
}
