using Millrace.Journal.Facts;
using Millrace.Journal.Facts.Codec;

namespace Millrace.Journal.Segments;

/// <summary>A stretch of a segment to read, as it stood under the partition's lock: immutable from then on.</summary>
internal readonly record struct SegmentStretch(Segment Segment, SegmentPoint Start, long End, long Bytes);

/// <summary>Reads facts from segments, checking all that it passes. Stateless, so that readers never meet the writer.</summary>
internal sealed class PartitionReader(IJournalFiles files, FactCodec codec, JournalStream stream, int partition)
{
    /// <summary>A read ends early past this, so that a large count cannot ask for any memory.</summary>
    private const long MostBytes = 16 << 20;
    private const int TypicalFactBytes = 1024;

    /// <summary>Adds facts from <paramref name="from"/> on to <paramref name="into"/>.</summary>
    /// <returns>False when the read's bound on bytes was hit.</returns>
    /// <exception cref="JournalCorruptException">A frame in the way is damaged.</exception>
    public bool Read(SegmentStretch stretch, long from, int maxFacts, List<StoredFact> into)
    {
        using var file = files.Open(stretch.Segment.Path, writable: false);
        var buffer = (int)Math.Min((long)maxFacts * TypicalFactBytes, SegmentScanner.WholeSegmentBuffer);
        using var scanner = new SegmentScanner(file, stretch.Start.At, stretch.Start.Offset, stretch.Bytes, buffer);
        var bytes = 0L;
        while (into.Count < maxFacts && scanner.NextOffset < stretch.End)
        {
            switch (scanner.Next())
            {
                case ScanState.Fact when scanner.NextOffset > from:
                    into.Add(Decode(stretch.Segment, scanner));
                    bytes += scanner.Content.Length;
                    break;
                case ScanState.Bad or ScanState.End:
                    throw Corrupt(stretch.Segment, scanner.NextOffset, "the record is damaged");
            }

            if (bytes > MostBytes)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first offset in a stretch that was received at or after a time; its end when there is none.</summary>
    public long Seek(SegmentStretch stretch, UnixMicros time)
    {
        using var file = files.Open(stretch.Segment.Path, writable: false);
        using var scanner = new SegmentScanner(file, stretch.Start.At, stretch.Start.Offset, stretch.Bytes);
        while (scanner.NextOffset < stretch.End)
        {
            switch (scanner.Next())
            {
                case ScanState.Fact when scanner.Received >= time:
                    return scanner.NextOffset - 1;
                case ScanState.Bad or ScanState.End:
                    throw Corrupt(stretch.Segment, scanner.NextOffset, "the record is damaged");
            }
        }

        return stretch.End;
    }

    /// <summary>Decodes every fact of a stretch without keeping any.</summary>
    /// <returns>How many there are.</returns>
    public long Check(SegmentStretch stretch)
    {
        using var file = files.Open(stretch.Segment.Path, writable: false);
        using var scanner = new SegmentScanner(file, stretch.Start.At, stretch.Start.Offset, stretch.Bytes);
        var facts = 0L;
        while (scanner.NextOffset < stretch.End)
        {
            switch (scanner.Next())
            {
                case ScanState.Fact:
                    Decode(stretch.Segment, scanner);
                    facts++;
                    break;
                case ScanState.Bad or ScanState.End:
                    throw Corrupt(stretch.Segment, scanner.NextOffset, "the record is damaged");
            }
        }

        return facts;
    }

    private StoredFact Decode(Segment segment, SegmentScanner scanner)
    {
        var offset = scanner.NextOffset - 1;
        try
        {
            return new StoredFact(new Position(stream, partition, offset), codec.Decode(scanner.Content, scanner.Received, stream));
        }
        catch (FactFormatException e)
        {
            throw Corrupt(segment, offset, $"its checksum holds, but it is no fact: {e.Message}");
        }
    }

    private JournalCorruptException Corrupt(Segment segment, long offset, string what)
    {
        var name = $"{StreamNames.Of(stream)}/{partition}/{segment.Name}";
        return new JournalCorruptException(name, offset, $"{name}, offset {offset}: {what}");
    }
}
