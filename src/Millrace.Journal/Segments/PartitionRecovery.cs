namespace Millrace.Journal.Segments;

/// <summary>
/// Opens the segments of a partition after whatever happened: checks that they join, rebuilds missing indexes, cuts a torn tail, and refuses
/// corruption by name. Read-only recovery changes nothing on disk.
/// </summary>
internal sealed class PartitionRecovery(IJournalFiles files, JournalStream stream, int partition, string directory, bool readOnly)
{
    /// <summary>Bytes of the torn tail that was cut, or that a read-only opening passes over.</summary>
    public long TornBytes { get; private set; }

    /// <returns>The segments by first offset; at most the last is not sealed. Empty for a new partition.</returns>
    /// <exception cref="JournalCorruptException">Something that was durable cannot be read.</exception>
    public List<Segment> Run()
    {
        var paths = Directory.Exists(directory) ? Directory.GetFiles(directory, "*.seg") : [];
        Array.Sort(paths, StringComparer.Ordinal);
        var segments = new List<Segment>();
        var received = long.MinValue;
        for (var i = 0; i < paths.Length; i++)
        {
            var last = i == paths.Length - 1;
            if (last && IsUnfinished(paths[i]))
            {
                Discard(paths[i]);
                break;
            }

            var segment = new Segment(paths[i], ReadHeader(paths[i]).First, received);
            CheckJoins(segments, segment);
            if (!TryUseSidecar(segment))
            {
                Scan(segment, last);
            }

            segments.Add(segment);
            received = segment.LastReceived;
        }

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

    private void Scan(Segment segment, bool last)
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
            CheckTorn(segment, scanner, last);
            TornBytes = file.Length - scanner.Position;
        }

        segment.IsSealed |= !last;
        if (last && !segment.IsSealed && !readOnly)
        {
            MakeDurable(file, segment.PointBefore(scanner.Durable).At, scanner.Position);
        }

        segment.Extend(scanner.NextOffset, scanner.Position, received);
    }

    /// <summary>DESIGN §9: a bad record below the largest durable mark is corruption, above it a torn tail; sealed segments have no torn tail.</summary>
    private void CheckTorn(Segment segment, SegmentScanner scanner, bool last)
    {
        var durable = scanner.DurableBeyond();
        if (!last || segment.IsSealed || scanner.NextOffset < durable)
        {
            throw Corrupt(segment.Name, scanner.NextOffset, $"a record is damaged though offsets below {Math.Max(durable, scanner.NextOffset + 1)} were durable");
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

        const int Stretch = 1 << 20;
        var buffer = new byte[Stretch];
        for (var at = from; at < length; at += Stretch)
        {
            var read = file.Read(buffer.AsSpan(0, (int)Math.Min(Stretch, length - at)), at);
            file.Write(buffer.AsSpan(0, read), at);
        }

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

    private SegmentHeader ReadHeader(string path)
    {
        using var file = files.Open(path, writable: false);
        var bytes = new byte[SegmentHeader.Bytes];
        var read = file.Read(bytes, 0);
        var first = long.TryParse(Path.GetFileNameWithoutExtension(path), out var named) ? named : -1;
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

    /// <summary>A power cut between creating a segment and syncing its header leaves a file that cannot hold facts yet.</summary>
    private bool IsUnfinished(string path)
    {
        using var file = files.Open(path, writable: false);
        var bytes = new byte[SegmentHeader.Bytes];
        return file.Length <= SegmentHeader.Bytes && SegmentHeader.Parse(bytes.AsSpan(0, file.Read(bytes, 0))) is null;
    }

    private void Discard(string path)
    {
        if (!readOnly)
        {
            File.Delete(path);
            files.SyncDirectory(directory);
        }
    }

    private JournalCorruptException Corrupt(string segment, long offset, string what) =>
        new($"{StreamNames.Of(stream)}/{partition}/{segment}", offset, $"{StreamNames.Of(stream)}/{partition}/{segment}, offset {offset}: {what}");
}
