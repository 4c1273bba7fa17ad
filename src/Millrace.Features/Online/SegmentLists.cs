using Millrace.Features.Images;
using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>
/// The ladder's lists of segments: one for each that has events within the window, up to a bound. A segment's name was a person's before it was a segment's: as long as
/// few persons made the list, it is written under the keys of all of them. Single writer.
/// </summary>
internal sealed class SegmentLists(FoldContext context, ISubjectKeys? keys)
{
    private const int MostNameBytes = 1024;

    private readonly Dictionary<string, Segment> _segments = new(StringComparer.Ordinal);

    /// <summary>When <see cref="Advance"/> will next have something to do, Unix µs.</summary>
    internal long Due { get; private set; } = long.MaxValue;

    /// <summary>The segment's list; null when there are too many.</summary>
    /// <param name="name">The segment.</param>
    /// <param name="subject">Whose event is about to be counted.</param>
    /// <param name="time">Where windows end.</param>
    internal ListedCounts? Of(string name, string? subject, long time)
    {
        if (!_segments.TryGetValue(name, out var segment))
        {
            if (_segments.Count >= context.Options.MaxSegments)
            {
                context.Counts.RefuseSegment();
                return null;
            }

            segment = new Segment(Create());
            segment.Counts.Advance(time);
            Due = Math.Min(Due, segment.Counts.Due);
            _segments.Add(name, segment);
        }

        segment.By = subject is null ? segment.By : segment.By.With(keys, context.Options.Tenant, subject) ?? segment.By;
        return segment.Counts;
    }

    internal void Advance(long time)
    {
        Due = long.MaxValue;
        foreach (var (name, segment) in _segments)
        {
            segment.Counts.Advance(time);
            if (segment.Counts.IsEmpty)
            {
                _segments.Remove(name);
            }
            else
            {
                Due = Math.Min(Due, segment.Counts.Due);
            }
        }
    }

    internal Dictionary<string, ListedCounts.Frozen> Freeze()
    {
        var frozen = new Dictionary<string, ListedCounts.Frozen>(_segments.Count, StringComparer.Ordinal);
        foreach (var (name, segment) in _segments)
        {
            frozen.Add(name, segment.Counts.Freeze());
        }

        return frozen;
    }

    /// <summary>What it holds now, to read until the next event.</summary>
    internal Dictionary<string, ListedCounts.Frozen> View()
    {
        var view = new Dictionary<string, ListedCounts.Frozen>(_segments.Count, StringComparer.Ordinal);
        foreach (var (name, segment) in _segments)
        {
            view.Add(name, segment.Counts.View());
        }

        return view;
    }

    /// <summary>What it holds now, to be written later by another thread.</summary>
    internal Action<StateWriter, PersonSealer?> Image()
    {
        (string Name, Sealing By, StateImage Counts)[] images =
            [.. _segments.OrderBy(segment => segment.Key, StringComparer.Ordinal).Select(segment => (segment.Key, segment.Value.By, segment.Value.Counts.Image()))];
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

    private static void Write(StateWriter to, (string Name, Sealing By, StateImage Counts) image)
    {
        to.Text(image.Name);
        image.Counts(to);
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

        segment.Counts.Load(from);
        Due = Math.Min(Due, segment.Counts.Due);
    }

    private ListedCounts Create() => new(null, context.Options.SegmentWindow, context);

    private sealed class Segment(ListedCounts counts)
    {
        internal ListedCounts Counts => counts;

        /// <summary>Of whose events it is made.</summary>
        internal Sealing By { get; set; } = Sealing.None;
    }
}
