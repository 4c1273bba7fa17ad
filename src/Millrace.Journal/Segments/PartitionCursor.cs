using Millrace.Journal.Facts;

namespace Millrace.Journal.Segments;

/// <summary>
/// Reads a partition's segments and goes on where it stood: no file is opened, and nothing before the wanted fact is looked at, twice. Not thread-safe.
/// </summary>
/// <param name="files">Where the segments are.</param>
/// <param name="reader">Decodes and names faults.</param>
/// <param name="segments">By first offset; as they stood when they were listed.</param>
internal sealed class PartitionCursor(IJournalFiles files, PartitionReader reader, IReadOnlyList<Segment> segments) : IDisposable
{
    private IJournalFile? _file;
    private SegmentScanner? _scanner;
    private Segment? _segment;

    /// <summary>Adds facts from <paramref name="from"/> on, or from the first that is there.</summary>
    /// <param name="from">The first offset wanted.</param>
    /// <param name="maxFacts">How many facts <paramref name="into"/> may hold.</param>
    /// <param name="into">Takes the facts.</param>
    /// <exception cref="JournalCorruptException">A record in the way is damaged.</exception>
    /// <exception cref="JournalReadException">The disk refused.</exception>
    /// <exception cref="FileNotFoundException">A segment is gone.</exception>
    public void Read(long from, int maxFacts, List<StoredFact> into)
    {
        var name = "";
        try
        {
            var bytes = PartitionReader.MostBytes;
            foreach (var segment in segments.Where(segment => segment.End > from))
            {
                name = reader.NameOf(segment);
                ReadFacts(segment, Math.Max(from, segment.First), maxFacts, into, ref bytes);
                if (bytes < 0 || into.Count >= maxFacts)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (Leave() && PartitionReader.IsRefused(e))
        {
            throw new JournalReadException(name, e);
        }
    }

    public void Dispose() => Leave();

    private void ReadFacts(Segment segment, long from, int maxFacts, List<StoredFact> into, ref long bytes)
    {
        var scanner = Stand(segment, from);
        while (bytes >= 0 && into.Count < maxFacts && scanner.NextOffset < segment.End)
        {
            switch (scanner.Next())
            {
                case ScanState.Fact when scanner.NextOffset > from:
                    into.Add(reader.Decode(segment, scanner));
                    bytes -= scanner.Content.Length;
                    break;
                case ScanState.Bad or ScanState.End:
                    throw reader.Corrupt(segment, scanner.NextOffset, "the record is damaged");
            }
        }
    }

    private SegmentScanner Stand(Segment segment, long from)
    {
        if (_scanner is not null && _segment == segment && _scanner.NextOffset == from)
        {
            return _scanner;
        }

        Leave();
        var start = segment.PointBefore(from);
        (_segment, _file) = (segment, files.Open(segment.Path, writable: false));
        return _scanner = new SegmentScanner(_file, start.At, start.Offset, segment.Bytes);
    }

    /// <returns>True, so that it can stand where an exception passes.</returns>
    private bool Leave()
    {
        _scanner?.Dispose();
        _file?.Dispose();
        (_scanner, _file, _segment) = (null, null, null);
        return true;
    }
}
