namespace Millrace.Journal.Segments;

/// <summary>
/// Opens the segments of a partition after whatever happened: checks that they join, rebuilds missing indexes, cuts a torn tail, and refuses
/// corruption by name. Read-only recovery changes nothing on disk.
/// </summary>
internal sealed class PartitionRecovery(IJournalFiles files, JournalStream stream, int partition, string directory, bool readOnly, PartitionFloor floor = default)
{
    /// <summary>Bytes of torn tails that were cut, or that a read-only opening passes over.</summary>
    public long TornBytes { get; private set; }

    /// <returns>The segments by first offset; at most the last is not sealed. Empty for a new partition.</returns>
    /// <exception cref="JournalCorruptException">Something that was durable cannot be read.</exception>
    public List<Segment> Run()
    {
        var paths = Paths();
        var segments = new List<Segment>();
        var received = long.MinValue;
        for (var i = 0; i < paths.Count; i++)
        {
            var segment = new Segment(paths[i], ReadHeader(paths[i]).First, received);
            CheckJoins(segments, segment);
            if (!TryUseSidecar(segment))
            {
                Scan(segment, i + 1 < paths.Count ? ReadHeader(paths[i + 1]).First : null);
            }

            segments.Add(segment);
            received = segment.LastReceived;
        }

        CheckFloor(segments);
        return segments;
    }

    /// <summary>Reads every frame of a segment and names the first fault; used by recovery, by verify, and to rebuild an index.</summary>
    public static SegmentScanner Walk(Segment segment, IJournalFile file, Action<SegmentScanner>? onFact, out ScanState end)
    {
        var scanner = new SegmentScanner(file, SegmentHeader.Bytes, segment.First, file.Length);
        while ((end = scanner.Next()) is not (ScanState.End or ScanState.Bad))
        {
            if (end == ScanState.Fact)
            {
                onFact?.Invoke(scanner);
            }
            else if (end == ScanState.Seal)
            {
                segment.IsSealed = true;
            }
        }

        return scanner;
    }

    /// <summary>The segments' files by first offset, without a last one that creation left unfinished.</summary>
    private List<string> Paths()
    {
        List<string> paths = Directory.Exists(directory) ? [.. Directory.GetFiles(directory, "*.seg")] : [];
        paths.Sort(StringComparer.Ordinal);
        if (paths.Count == 0 || !IsUnfinished(paths[^1]))
        {
            return paths;
        }

        var last = paths[^1];
        if (FirstByName(last) < floor.End)
        {
            throw Corrupt(Path.GetFileName(last), FirstByName(last), $"the file is cut short though offsets below {floor.End} were durable");
        }

        paths.RemoveAt(paths.Count - 1);
        if (!readOnly)
        {
            files.Delete(last);
            files.SyncDirectory(directory);
        }

        return paths;
    }

    /// <param name="segment">The segment.</param>
    /// <param name="next">The first offset of the next one; null when this is the last.</param>
    private void Scan(Segment segment, long? next)
    {
        using var file = files.Open(segment.Path, writable: !readOnly);
        var received = segment.LastReceived;
        using var scanner = Walk(
            segment,
            file,
            s =>
            {
                received = Math.Max(received, s.Received.Value);
                segment.NoteFact(s.NextOffset - 1, s.Received.Value, s.Position, s.Content);
            },
            out var state);
        if (state == ScanState.Bad)
        {
            CheckTorn(segment, scanner, next, file.Length);
            TornBytes += file.Length - scanner.Position;
        }

        segment.IsSealed |= next is not null;
        if (!readOnly && !segment.IsSealed)
        {
            MakeDurable(file, segment.PointBefore(scanner.Durable).At, scanner.Position);
        }
        else if (!readOnly && state == ScanState.Bad)
        {
            file.Truncate(scanner.Position);
            file.Sync();
        }

        segment.Extend(scanner.NextOffset, scanner.Position, received);
    }

    /// <summary>
    /// DESIGN §9: a bad record below the largest durable mark is corruption, above it a torn tail. Before the next segment only the seal can be torn: the next one is
    /// created after all facts of this one are durable, and before the seal is written.
    /// </summary>
    private void CheckTorn(Segment segment, SegmentScanner scanner, long? next, long length)
    {
        if (next is not null)
        {
            if (scanner.NextOffset != next || length - scanner.Position > Frame.MarkBytes)
            {
                throw Corrupt(segment.Name, scanner.NextOffset, $"a record is damaged, though the next segment begins at {next}");
            }

            return;
        }

        if (segment.IsSealed)
        {
            throw Corrupt(segment.Name, scanner.NextOffset, "behind the seal stands what is no record");
        }

        var durable = Math.Max(scanner.DurableBeyond(), floor.End);
        if (scanner.NextOffset < durable)
        {
            throw Corrupt(segment.Name, scanner.NextOffset, $"a record is damaged though offsets below {durable} were durable");
        }
    }

    /// <summary>
    /// What a failed sync left may stand in the page cache only, marked clean, so that a sync alone would do nothing: the last stretch is written
    /// again before it counts as durable.
    /// </summary>
    private static void MakeDurable(IJournalFile file, long from, long length)
    {
        if (file.Length > length)
        {
            file.Truncate(length);
        }

        DurableFile.WriteAgain(file, from, length);
        file.Sync();
    }

    private static bool TryUseSidecar(Segment segment)
    {
        if (!File.Exists(segment.IndexPath) || SegmentIndex.Parse(File.ReadAllBytes(segment.IndexPath)) is not { } index)
        {
            return false;
        }

        var fits = index.Summary.First == segment.First && new FileInfo(segment.Path).Length == index.Summary.Bytes;
        if (fits)
        {
            segment.UseSidecar(index);
        }

        return fits;
    }

    private static long FirstByName(string path) => long.TryParse(Path.GetFileNameWithoutExtension(path), out var named) ? named : -1;

    private SegmentHeader ReadHeader(string path)
    {
        using var file = files.Open(path, writable: false);
        var bytes = new byte[SegmentHeader.Bytes];
        var read = file.Read(bytes, 0);
        var first = FirstByName(path);
        return SegmentHeader.Parse(bytes.AsSpan(0, read)) is { } header && header.Stream == stream && header.Partition == partition && header.First == first
            ? header
            : throw Corrupt(Path.GetFileName(path), Math.Max(first, 0), "its header is damaged, of an unknown format, or of another partition");
    }

    private void CheckJoins(List<Segment> before, Segment segment)
    {
        if (before.Count > 0 && before[^1].End != segment.First)
        {
            throw Corrupt(before[^1].Name, before[^1].End, $"ends at {before[^1].End}, though the next segment begins at {segment.First}");
        }
    }

    /// <summary>What is gone as a whole leaves no bad record: only the floor knows of it.</summary>
    private void CheckFloor(List<Segment> segments)
    {
        var (first, end) = segments.Count == 0 ? (0, 0) : (segments[0].First, segments[^1].End);
        if (end < floor.End)
        {
            throw Corrupt(segments.Count == 0 ? Segment.NameOf(0) : segments[^1].Name, end, $"the partition ends here though offsets below {floor.End} were durable");
        }

        if (floor.IsWhole && first > 0)
        {
            throw Corrupt(Segment.NameOf(0), 0, $"the partition begins at {first} though it keeps everything");
        }
    }

    /// <summary>A power cut between creating a segment and syncing its header leaves a file that cannot hold facts yet.</summary>
    private bool IsUnfinished(string path)
    {
        using var file = files.Open(path, writable: false);
        var bytes = new byte[SegmentHeader.Bytes];
        return file.Length <= SegmentHeader.Bytes && SegmentHeader.Parse(bytes.AsSpan(0, file.Read(bytes, 0))) is null;
    }

    private JournalCorruptException Corrupt(string segment, long offset, string what) =>
        new($"{StreamNames.Of(stream)}/{partition}/{segment}", offset, $"{StreamNames.Of(stream)}/{partition}/{segment}, offset {offset}: {what}");
}
