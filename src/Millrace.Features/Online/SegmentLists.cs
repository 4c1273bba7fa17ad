using System.Collections.Immutable;
using Millrace.Features.Images;
using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>
/// The lists of segments, for each that has events within a window, up to a bound: first the ladder's, then one for each window that candidate sources want. A segment's name was a person's before it was a segment's: as long as
/// few persons made the list, it is written under the keys of all of them. Single writer.
/// </summary>
internal sealed class SegmentLists(FoldContext context, ImmutableArray<TimeSpan> windows, ISubjectKeys? keys)
{
    private const int MostNameBytes = 1024;

    private readonly Dictionary<string, Segment> _segments = new(StringComparer.Ordinal);

    /// <summary>When <see cref="Advance"/> will next have something to do, Unix µs.</summary>
    internal long Due { get; private set; } = long.MaxValue;

    /// <summary>The segment's lists; empty when there are too many segments.</summary>
    /// <param name="name">The segment.</param>
    /// <param name="subject">Whose event is about to be counted.</param>
    /// <param name="time">Where windows end.</param>
    internal ListedCounts[] Of(string name, string? subject, long time)
    {
        if (!_segments.TryGetValue(name, out var segment))
        {
            if (_segments.Count >= context.Options.MaxSegments)
            {
                context.Counts.RefuseSegment();
                return [];
            }

            segment = new Segment(Create());
            segment.Advance(time);
            Due = Math.Min(Due, segment.Due);
            _segments.Add(name, segment);
        }

        segment.By = subject is null ? segment.By : segment.By.With(keys, context.Options.Tenant, subject) ?? segment.By;
        return segment.Lists;
    }

    internal void Advance(long time)
    {
        Due = long.MaxValue;
        foreach (var (name, segment) in _segments)
        {
            segment.Advance(time);
            if (segment.IsEmpty)
            {
                _segments.Remove(name);
            }
            else
            {
                Due = Math.Min(Due, segment.Due);
            }
        }
    }

    internal Dictionary<string, ListedCounts.Frozen[]> Freeze()
    {
        var frozen = new Dictionary<string, ListedCounts.Frozen[]>(_segments.Count, StringComparer.Ordinal);
        foreach (var (name, segment) in _segments)
        {
            frozen.Add(name, Array.ConvertAll(segment.Lists, static list => list.Freeze()));
        }

        return frozen;
    }

    /// <summary>What it holds now, to read until the next event.</summary>
    internal Dictionary<string, ListedCounts.Frozen[]> View()
    {
        var view = new Dictionary<string, ListedCounts.Frozen[]>(_segments.Count, StringComparer.Ordinal);
        foreach (var (name, segment) in _segments)
        {
            view.Add(name, Array.ConvertAll(segment.Lists, static list => list.View()));
        }

        return view;
    }

    /// <summary>What it holds now, to be written later by another thread.</summary>
    internal Action<StateWriter, PersonSealer?> Image()
    {
        (string Name, Sealing By, StateImage[] Counts)[] images =
            [.. _segments.OrderBy(segment => segment.Key, StringComparer.Ordinal).Select(segment => (segment.Key, segment.Value.By, Array.ConvertAll(segment.Value.Lists, static list => list.Image())))];
        return (to, sealer) =>
        {
            foreach (var image in images.Where(image => image.By.IsOfMany || sealer is null))
            {
                to.Flag(true);
                Write(to, image);
            }

            to.Flag(false);
            foreach (var image in images.Where(image => !image.By.IsOfMany && sealer is not null))
            {
                sealer!.Seal(image.By, image, Write, to);
            }

            to.Flag(false);
            to.Count(sealer?.LeftOut ?? 0);
        };
    }

    internal void Load(StateReader from, PersonSealer? sealer)
    {
        while (from.Flag())
        {
            Add(from, Sealing.Many);
        }

        while (from.Flag())
        {
            if ((sealer ?? throw from.Bad("keys to open a segment", "none")).Open(from) is var (text, by))
            {
                Add(text, by);
            }
        }

        context.Counts.LeaveOut(from.Count(int.MaxValue), FoldBounds.Segments);
    }

    private static void Write(StateWriter to, (string Name, Sealing By, StateImage[] Counts) image)
    {
        to.Text(image.Name);
        foreach (var counts in image.Counts)
        {
            counts(to);
        }
    }

    private void Add(StateReader from, Sealing by)
    {
        var segment = new Segment(Create()) { By = by };
        if (_segments.Count >= context.Options.MaxSegments)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Oversized, $"more than {context.Options.MaxSegments} segments");
        }

        if (!_segments.TryAdd(from.Text(MostNameBytes) ?? throw from.Bad("a segment", "none"), segment))
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Duplicate, "a segment twice");
        }

        foreach (var list in segment.Lists)
        {
            list.Load(from);
        }

        Due = Math.Min(Due, segment.Due);
    }

    private ListedCounts[] Create() => [.. windows.Prepend(context.Options.SegmentWindow).Select(window => new ListedCounts(null, window, context))];

    private sealed class Segment(ListedCounts[] lists)
    {
        /// <summary>The ladder's, then those of the windows.</summary>
        internal ListedCounts[] Lists => lists;

        internal long Due => lists.Min(static list => list.Due);

        internal bool IsEmpty => lists.All(static list => list.IsEmpty);

        internal void Advance(long time)
        {
            foreach (var list in lists)
            {
                list.Advance(time);
            }
        }

        /// <summary>Of whose events it is made.</summary>
        internal Sealing By { get; set; } = Sealing.None;
    }
}
