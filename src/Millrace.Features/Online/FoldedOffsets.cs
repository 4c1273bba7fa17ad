using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>Per partition that anything was folded of, the first fact that is not. Single writer.</summary>
internal sealed class FoldedOffsets
{
    private readonly SortedDictionary<(JournalStream Stream, int Partition), Place> _places = [];
    private Place? _latest;

    /// <summary>All of them, in order.</summary>
    internal Cut Cut => new([.. _places.Values.Select(place => new Position(place.Stream, place.Partition, place.Next))]);

    /// <summary>A partition's own, to write; 0 for a new one.</summary>
    internal ref long Of(JournalStream stream, int partition)
    {
        // Facts come in batches of one partition.
        if (_latest is { } latest && latest.Stream == stream && latest.Partition == partition)
        {
            return ref latest.Next;
        }

        if (!_places.TryGetValue((stream, partition), out var place))
        {
            _places.Add((stream, partition), place = new Place(stream, partition));
        }

        _latest = place;
        return ref place.Next;
    }

    /// <summary>Names a partition of which nothing is folded yet.</summary>
    internal void BeginAt(JournalStream stream, int partition, long offset)
    {
        if (!_places.ContainsKey((stream, partition)))
        {
            Of(stream, partition) = offset;
        }
    }

    internal bool TryGet(JournalStream stream, int partition, out long next)
    {
        var known = _places.TryGetValue((stream, partition), out var place);
        next = place?.Next ?? 0;
        return known;
    }

    private sealed class Place(JournalStream stream, int partition)
    {
        internal readonly JournalStream Stream = stream;
        internal readonly int Partition = partition;
        internal long Next;
    }
}
