using Millrace.Features.Images;

namespace Millrace.Features.Online;

/// <summary>The ladder's lists of segments: one for each that has events within the window, up to a bound. Single writer.</summary>
internal sealed class SegmentLists(FoldContext context)
{
    private const int MostNameBytes = 1024;

    private readonly Dictionary<string, ListedCounts> _lists = new(StringComparer.Ordinal);

    /// <summary>When <see cref="Advance"/> will next have something to do, Unix µs.</summary>
    internal long Due { get; private set; } = long.MaxValue;

    /// <summary>The segment's list; null when there are too many.</summary>
    internal ListedCounts? Of(string segment, long time)
    {
        if (_lists.TryGetValue(segment, out var counts))
        {
            return counts;
        }

        if (_lists.Count >= context.Options.MaxSegments)
        {
            context.Counts.RefuseSegment();
            return null;
        }

        counts = Create();
        counts.Advance(time);
        Due = Math.Min(Due, counts.Due);
        _lists.Add(segment, counts);
        return counts;
    }

    internal void Advance(long time)
    {
        Due = long.MaxValue;
        foreach (var (name, counts) in _lists)
        {
            counts.Advance(time);
            if (counts.IsEmpty)
            {
                _lists.Remove(name);
            }
            else
            {
                Due = Math.Min(Due, counts.Due);
            }
        }
    }

    internal Dictionary<string, ListedCounts.Frozen> Freeze() => _lists.ToDictionary(list => list.Key, list => list.Value.Freeze(), StringComparer.Ordinal);

    /// <summary>The lists as they stand, to read until the next event.</summary>
    internal Dictionary<string, ListedCounts.Frozen> View() => _lists.ToDictionary(list => list.Key, list => list.Value.View(), StringComparer.Ordinal);

    internal StateImage Image()
    {
        (string Name, StateImage Image)[] images = [.. _lists.OrderBy(list => list.Key, StringComparer.Ordinal).Select(list => (list.Key, list.Value.Image()))];
        return to =>
        {
            to.Count(images.Length);
            foreach (var (name, image) in images)
            {
                to.Text(name);
                image(to);
            }
        };
    }

    internal void Load(StateReader from)
    {
        for (var left = from.Count(context.Options.MaxSegments); left > 0; left--)
        {
            var name = from.Text(MostNameBytes) ?? throw from.Bad("a segment", "none");
            var counts = Create();
            if (!_lists.TryAdd(name, counts))
            {
                throw new FeatureSnapshotException(FeatureSnapshotFault.Duplicate, "a segment twice");
            }

            counts.Load(from);
            Due = Math.Min(Due, counts.Due);
        }
    }

    private ListedCounts Create() => new(null, context.Options.SegmentWindow, context);
}
