using Millrace.Journal.Facts;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>What one segment file holds.</summary>
/// <param name="Name">Its path within the journal's directory.</param>
/// <param name="Facts">Its offsets, [first, end).</param>
/// <param name="Bytes">Its readable length.</param>
/// <param name="FirstReceived">Of its first fact; null when it is empty.</param>
/// <param name="LastReceived">Of its last fact; null when it is empty.</param>
/// <param name="IsSealed">Whether nothing is written to it any more.</param>
public sealed record SegmentInfo(string Name, PartitionRange Facts, long Bytes, UnixMicros? FirstReceived, UnixMicros? LastReceived, bool IsSealed);

/// <summary>What one partition holds.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="Partition">Its number.</param>
/// <param name="Segments">By first offset.</param>
/// <param name="TornBytes">Bytes after the last whole record: what recovery would cut, or a write in progress.</param>
public sealed record PartitionInfo(JournalStream Stream, int Partition, IReadOnlyList<SegmentInfo> Segments, long TornBytes);

/// <summary>
/// A journal's directory opened for reading, without its lock and without changing anything: for the command line, beside a running node or after one. It sees what was
/// there when each call began.
/// </summary>
public sealed class JournalInspection
{
    private const int FactsAtOnce = 1000;
    private readonly string _directory;
    private readonly JournalLayout _layout;
    private readonly ISubjectKeys _keys;
    private readonly FactCodec _codec;

    private JournalInspection(string directory, JournalLayout layout, ISubjectKeys keys) => (_directory, _layout, _keys, _codec) = (directory, layout, keys, new FactCodec(keys));

    /// <param name="directory">The journal's directory.</param>
    /// <param name="keys">Open the sealed parts; stay the caller's to dispose.</param>
    /// <exception cref="DirectoryNotFoundException">There is no journal.</exception>
    public static JournalInspection Open(string directory, ISubjectKeys keys) => JournalLayout.Read(directory) is { } layout
        ? new JournalInspection(directory, layout, keys)
        : throw new DirectoryNotFoundException($"{directory}: expected a journal's directory, with a file journal.json; there is none");

    /// <summary>The set of subject keys that seals it, which names the journal and its copies; null in one of an earlier release.</summary>
    public Guid? KeySet => _layout.KeySet;

    /// <summary>Every stream's partitions, in order.</summary>
    public IEnumerable<(JournalStream Stream, int Partition)> Partitions() =>
        from stream in StreamNames.All
        from partition in Enumerable.Range(0, _layout.PartitionsOf(stream))
        select (stream, partition);

    /// <summary>The segments of a partition.</summary>
    /// <exception cref="JournalCorruptException">Something that was durable cannot be read.</exception>
    public PartitionInfo Inspect(JournalStream stream, int partition)
    {
        var (segments, torn) = Segments(stream, partition);
        return new PartitionInfo(stream, partition, [.. segments.Select(s => Describe(stream, partition, s))], torn);
    }

    /// <summary>
    /// Reads and checks every byte of a partition's segments: checksums, joints, fields of facts, and that nothing is missing at either end. Sidecar indexes hold nothing of
    /// their own, and opening the journal writes a damaged one anew, so they are not looked at.
    /// </summary>
    /// <returns>How many facts are whole.</returns>
    /// <exception cref="JournalCorruptException">The first fault: names segment and offset.</exception>
    public long Verify(JournalStream stream, int partition)
    {
        var facts = 0L;
        var segments = Segments(stream, partition).Segments;
        var reader = new PartitionReader(DiskFiles.Instance, _codec, stream, partition);
        foreach (var segment in segments)
        {
            var name = $"{StreamNames.Of(stream)}/{partition}/{segment.Name}";
            CheckFrames(segment, name);
            facts += reader.Check(new SegmentStretch(segment, new SegmentPoint(segment.First, 0, SegmentHeader.Bytes), segment.End, segment.Bytes));
        }

        return facts;
    }

    /// <summary>The facts of a partition in order, from the first at or after <paramref name="from"/>.</summary>
    /// <exception cref="JournalCorruptException">A record in the way is damaged.</exception>
    /// <exception cref="JournalReadException">The disk refused.</exception>
    public IEnumerable<StoredFact> Read(JournalStream stream, int partition, long from)
    {
        var reader = new PartitionReader(DiskFiles.Instance, _codec, stream, partition);
        foreach (var segment in Segments(stream, partition).Segments.Where(s => s.End > from))
        {
            var next = Math.Max(from, segment.First);
            while (next < segment.End)
            {
                var found = new List<StoredFact>();
                var bytes = PartitionReader.MostBytes;
                reader.Read(new SegmentStretch(segment, segment.PointBefore(next), segment.End, segment.Bytes), next, FactsAtOnce, found, ref bytes);
                foreach (var fact in found)
                {
                    yield return fact;
                }

                next = found[^1].Position.Offset + 1;
            }
        }
    }

    /// <summary>Opens it as a port to read: the partitions as they are now.</summary>
    public InspectionReader OpenReader() => new(this, _codec, _layout);

    /// <summary>As <see cref="OpenReader"/>, for a fold: events come without their own ids and without those of their decisions, and share equal contexts.</summary>
    public InspectionReader OpenFoldReader() => new(this, new FactCodec(_keys, forFolding: true), _layout);

    /// <summary>As <see cref="OpenReader"/>, where erased is only what was sealed with a key that was destroyed: what cannot be opened for another reason reads as damaged.</summary>
    /// <param name="keys">Those that the journal was opened with.</param>
    /// <exception cref="JournalKeysException">They are not those that seal this journal, or an older copy of them.</exception>
    public InspectionReader OpenErasureReader(FileSubjectKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (KeySet is { } expected && expected != keys.Set)
        {
            throw new JournalKeysException($"the journal in {_directory} is sealed with the subject keys {expected}, and the key file holds {keys.Set}: put its own key file back");
        }

        if (JournalFloors.Read(_directory).NewestKey is var newest && newest > keys.Newest)
        {
            throw new JournalKeysException(
                $"the subject keys end at {keys.Newest}, though the journal in {_directory} has facts sealed with keys up to {newest}: they are an older copy; put the newest key file back");
        }

        return new(this, new FactCodec(_keys, wasDestroyed: keys.WasDestroyed), _layout);
    }

    private static SegmentInfo Describe(JournalStream stream, int partition, Segment segment)
    {
        UnixMicros? first = segment.End == segment.First ? null : new UnixMicros(segment.PointBefore(segment.First).Received);
        UnixMicros? last = segment.End == segment.First ? null : new UnixMicros(segment.LastReceived);
        return new SegmentInfo(
            $"{StreamNames.Of(stream)}/{partition}/{segment.Name}", new PartitionRange(segment.First, segment.End), segment.Bytes, first, last, segment.IsSealed);
    }

    private static void CheckFrames(Segment segment, string name)
    {
        using var file = DiskFiles.Instance.Open(segment.Path, writable: false);
        using var scanner = PartitionRecovery.Walk(new Segment(segment.Path, segment.First, 0), file, onFact: null, out var end);
        var whole = end == ScanState.End || scanner.Position >= segment.Bytes; // What stands behind is a torn tail or seal.
        if (!whole || scanner.NextOffset < segment.End)
        {
            throw new JournalCorruptException(name, scanner.NextOffset, $"{name}, offset {scanner.NextOffset}: a record is damaged");
        }
    }

    /// <summary>The segments as they are now, by first offset, and the bytes after the last whole record.</summary>
    internal (List<Segment> Segments, long Torn) Segments(JournalStream stream, int partition)
    {
        var floor = JournalFloors.Read(_directory).Of(stream, partition); // Before the segments: beside a running node both grow.
        var recovery = new PartitionRecovery(DiskFiles.Instance, stream, partition, PartitionLog.DirectoryOf(_directory, stream, partition), readOnly: true, floor);
        return (recovery.Run(), recovery.TornBytes);
    }
}
