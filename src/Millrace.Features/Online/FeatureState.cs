using Millrace.Features.Catalogue;

namespace Millrace.Features.Online;

/// <summary>One event as the feature states fold it.</summary>
internal readonly ref struct FoldedEvent(string @event, int row, long time, ReadOnlySpan<int> recent, bool pushes = false)
{
    /// <summary>Its type.</summary>
    internal readonly string Event = @event;

    /// <summary>The item's row.</summary>
    internal readonly int Row = row;

    /// <summary>Unix µs: the sender's time, never later than received.</summary>
    internal readonly long Time = time;

    /// <summary>Rows that the session clicked before, newest first.</summary>
    internal readonly ReadOnlySpan<int> Recent = recent;

    /// <summary>Whether it is a click of the session, which goes to the front of <see cref="Recent"/> afterwards.</summary>
    internal readonly bool Pushes = pushes;
}

/// <summary>Integer state that events update and snapshots freeze. Single writer.</summary>
internal abstract class FeatureState
{
    /// <summary>Moves windows to end at <paramref name="time"/>; never backwards.</summary>
    internal abstract void Advance(long time);

    /// <summary>Folds one event; <see cref="Advance"/> has been called with its time.</summary>
    internal abstract void Apply(in FoldedEvent folded);

    /// <summary>Drops what is known of <paramref name="row"/>, to which nothing holds: another item gets it.</summary>
    internal virtual void Forget(int row)
    {
    }

    /// <summary>An immutable copy by sharing, in O(touched).</summary>
    internal abstract FrozenState Freeze();
}

/// <summary>What the states of one folder share.</summary>
/// <param name="Options">Their bounds.</param>
/// <param name="Uses">Where each says which rows it refers to.</param>
/// <param name="Counts">What they refuse.</param>
internal sealed record FoldContext(FeatureOptions Options, RowUses Uses, FoldCounts Counts);

/// <summary>A feature state as one snapshot sees it.</summary>
internal abstract class FrozenState
{
    /// <summary>The state by item id, in an order that depends on content alone: for tests of equality.</summary>
    internal abstract IEnumerable<string> Canonical(Func<int, string> idOf);
}
