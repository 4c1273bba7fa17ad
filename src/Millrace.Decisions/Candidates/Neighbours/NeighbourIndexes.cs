using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>An index for each embedding that policies look for neighbours in, all of one folder's rows. One thread writes; any thread reads.</summary>
/// <param name="options">The bounds of each.</param>
internal sealed class NeighbourIndexes(NeighbourOptions options)
{
    private volatile NeighbourIndex[] _indexes = [];

    /// <summary>Those that are kept.</summary>
    internal ReadOnlySpan<NeighbourIndex> All => _indexes;

    /// <summary>The index of an embedding; null where there is none, or so small a one that a scan is as good.</summary>
    internal NeighbourIndex? Of(StateKey key)
    {
        foreach (NeighbourIndex index in All)
        {
            if (index.Key == key) return index.Serves ? index : null;
        }

        return null;
    }

    /// <summary>Brings an index of each embedding that the policies name level with a snapshot, and lets go of the others.</summary>
    /// <param name="policies">Of the folder's features.</param>
    /// <param name="snapshot">Of the folder.</param>
    /// <param name="giveUp">Asked every few rows; null takes all.</param>
    internal void Follow(PolicySet policies, FeatureSnapshot snapshot, Func<bool>? giveUp = null)
    {
        Keep(policies);
        foreach (NeighbourIndex index in All) index.Follow(snapshot, giveUp ?? (static () => false));
    }

    /// <summary>Whether each embedding that the policies name has followed a snapshot.</summary>
    internal bool AreBuilt(PolicySet policies) => policies.Embeddings.All(key => _indexes.Any(index => index.Key == key && index.Followed is not null));

    /// <summary>Lets go of all of them; they are built anew.</summary>
    internal void Clear() => _indexes = [];

    private void Keep(PolicySet policies)
    {
        NeighbourIndex[] all = _indexes;
        if (all.Select(static index => index.Key).SequenceEqual(policies.Embeddings)) return;
        _indexes = [.. policies.Embeddings.Select(key => all.FirstOrDefault(index => index.Key == key) ?? new NeighbourIndex(key, options))];
    }
}
