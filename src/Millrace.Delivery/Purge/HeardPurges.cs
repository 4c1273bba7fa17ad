using System.Collections.Immutable;

namespace Millrace.Delivery.Purge;

/// <summary>
/// How far peers had come in their feeds, as far as they have said: a vector clock of what was acknowledged elsewhere. An origin request that begins
/// after a mark was heard is answered by an origin that is past it, whether or not this node follows that feed. Immutable.
/// </summary>
internal sealed class HeardPurges
{
    /// <summary>Feeds at most. Of more nothing is noted, at the price of asking the origin for them every time.</summary>
    private const int MaxFeeds = 64;

    private readonly ImmutableDictionary<string, long> _feeds;

    private HeardPurges(ImmutableDictionary<string, long> feeds) => _feeds = feeds;

    public static HeardPurges None { get; } = new(ImmutableDictionary.Create<string, long>(StringComparer.Ordinal));

    public bool Covers(PurgeMark mark) => _feeds.TryGetValue(mark.Feed, out var next) && next >= mark.Next;

    /// <summary>This and a mark; the same object when it adds nothing.</summary>
    public HeardPurges With(PurgeMark mark) =>
        Covers(mark) || (_feeds.Count >= MaxFeeds && !_feeds.ContainsKey(mark.Feed)) ? this : new(_feeds.SetItem(mark.Feed, mark.Next));
}
