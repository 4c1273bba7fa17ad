using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>All that a <see cref="FeatureFolder"/> has folded: items, their states, segments, sessions, how far, until when. Single writer.</summary>
internal sealed class FolderState
{
    private readonly int _served;
    private (int Partition, FoldedSessions? Sessions) _latest;

    internal FolderState(FeatureSet features, FeatureOptions options, ISubjectKeys? keys)
    {
        Features = features;
        Options = options;
        Definitions = options.Fingerprint(features);
        Keys = keys;
        Counts = new FoldCounts(() => Time, features.Reach, options.LearnItemsFromEvents ? FoldBounds.OfItems : FoldBounds.Items | FoldBounds.Rows);
        Context = new FoldContext(options, Counts) { HasItem = row => Items!.Read(row) is not null };
        Items = new ItemRows(options.MaxItems, options.MaxLearntItems, Context.Uses, Forget);
        States = [.. features.States.Select(key => key.Create(Context))];
        (_served, var words) = RowCells.Lay(States);
        Context.Rows = new RowStore(words);
        Recent = new RecentItems(options.MaxRecentItems);
        Segments = new SegmentLists(Context, features.SegmentWindows, keys);
    }

    internal FeatureSet Features { get; }

    internal FeatureOptions Options { get; }

    /// <summary>What epochs are recorded with.</summary>
    internal string Definitions { get; }

    /// <summary>The keys under which sessions may be written; null where nothing is.</summary>
    internal ISubjectKeys? Keys { get; }

    internal FoldCounts Counts { get; }

    internal FoldContext Context { get; }

    internal ItemRows Items { get; }

    internal ItemState[] States { get; }

    internal RecentItems Recent { get; }

    internal SegmentLists Segments { get; }

    /// <summary>The first facts that are not folded.</summary>
    internal FoldedOffsets Next { get; } = new();

    /// <summary>By partition of events.</summary>
    internal SortedDictionary<int, FoldedSessions> Sessions { get; } = [];

    internal long Epoch { get; set; }

    /// <summary>Where windows end, Unix µs.</summary>
    internal long Time { get; private set; } = long.MinValue;

    private long Due { get; set; } = long.MinValue;

    internal Cut Cut => Next.Cut;

    internal FoldedSessions SessionsOf(int partition)
    {
        // Facts come in batches of one partition.
        if (_latest.Sessions is { } latest && _latest.Partition == partition)
        {
            return latest;
        }

        if (!Sessions.TryGetValue(partition, out var sessions))
        {
            Sessions.Add(partition, sessions = new FoldedSessions(Context, Keys));
        }

        _latest = (partition, sessions);
        return sessions;
    }

    /// <summary>The lists of a segment, for an event of a subject; empty when there are too many.</summary>
    internal ListedCounts[] Segment(string name, string? subject)
    {
        var counts = Segments.Of(name, subject, Time);
        Due = Math.Min(Due, Segments.Due);
        return counts;
    }

    /// <summary>Puts a changed item in its place among the newest.</summary>
    internal void Place(int row, CatalogueItem? before, CatalogueItem after)
    {
        Recent.Change(row, before, after, Time);
        Due = Math.Min(Due, Recent.Due);
    }

    /// <summary>Moves the ends of all windows; never backwards.</summary>
    internal void Advance(long time)
    {
        if (time <= Time)
        {
            return;
        }

        Time = time;
        if (time >= Due)
        {
            AdvanceDue(time);
        }
    }

    /// <summary>Begins at a snapshot's time: what was loaded stands there already.</summary>
    internal void BeginAt(long time) => (Time, Due) = (time, long.MinValue);

    internal FeatureSnapshot Freeze()
    {
        var (items, index) = Items.Freeze();
        return Snapshot(items, index, Context.Rows.Freeze(), [.. States.Select(state => state.Freeze(Time))], Segments.Freeze());
    }

    /// <summary>What is folded, to read until the next fact: nothing is copied afterwards for its sake.</summary>
    internal FeatureSnapshot View()
    {
        var (items, index) = Items.View();
        return Snapshot(items, index, Context.Rows.Now, [.. States.Select(state => state.View(Time))], Segments.View());
    }

    private FeatureSnapshot Snapshot(
        CowArray<CatalogueItem?>.Frozen items, RowIndex.Frozen index, RowStore.Frozen words, FrozenState[] states, Dictionary<string, ListedCounts.Frozen[]> segments) =>
        new(items, index, words, states, segments)
        {
            Epoch = Epoch,
            Cut = Cut,
            Time = new UnixMicros(Math.Max(0, Time)),
            Features = Features,
            Definitions = Definitions,
            Rows = Items.Count,
            Words = Context.Rows.Words,
            Served = _served,
            Recent = Recent.Freeze(),
        };

    private void AdvanceDue(long time)
    {
        Due = long.MaxValue;
        foreach (var state in States)
        {
            state.Advance(time);
            Due = Math.Min(Due, state.Due);
        }

        Segments.Advance(time);
        Recent.Advance(time, Items.Read);
        Due = Math.Min(Due, Math.Min(Segments.Due, Recent.Due));
    }

    /// <returns>Whether anything is lost: of an item that only events name, and whose events have left all windows, nothing is.</returns>
    private bool Forget(int row, CatalogueItem item)
    {
        var lost = !item.Ghost || Context.Rows.Read(row).ContainsAnyExcept(0);
        if (!item.Learnt)
        {
            Counts.GiveUpRow();
        }

        Recent.Change(row, item, null, Time);
        Context.Rows.Edit(row).Clear();
        foreach (var state in States)
        {
            state.Forget(row);
        }

        return lost;
    }
}
