using Millrace.Journal.Facts;
using Millrace.Journal.Facts.Codec;

namespace Millrace.Journal.Segments;

/// <summary>A stretch of a segment to read, as it stood under the partition's lock: immutable from then on.</summary>
internal readonly record struct SegmentStretch(Segment Segment, SegmentPoint Start, long End, long Bytes);

/// <summary>Reads facts from segments, checking all that it passes. Stateless, so that readers never meet the writer.</summary>
internal sealed class PartitionReader(IJournalFiles files, FactCodec codec, JournalStream stream, int partition)
{
    /// <summary>A read ends early past so many bytes, so that a large count cannot ask for any memory.</summary>
    public const long MostBytes = 16 << 20;
    private const int TypicalFactBytes = 1024;

    /// <summary>Adds facts from <paramref name="from"/> on to <paramref name="into"/>, at most one past what <paramref name="bytes"/> allows.</summary>
    /// <param name="stretch">Where to look.</param>
    /// <param name="from">The first offset wanted.</param>
    /// <param name="maxFacts">How many facts <paramref name="into"/> may hold.</param>
    /// <param name="into">Takes the facts.</param>
    /// <param name="bytes">How many more bytes of facts the whole read may take; what it took is taken off. Negative when the bound was hit.</param>
    /// <exception cref="JournalCorruptException">A frame in the way is damaged.</exception>
    /// <exception cref="JournalReadException">The disk refused.</exception>
    /// <exception cref="FileNotFoundException">The segment is gone.</exception>
    public void Read(SegmentStretch stretch, long from, int maxFacts, List<StoredFact> into, ref long bytes)
    {
        try
        {
            ReadFacts(stretch, from, maxFacts, into, ref bytes);
        }
        catch (Exception e) when (IsRefused(e))
        {
            throw new JournalReadException(NameOf(stretch.Segment), e);
        }
    }

    /// <summary>The first offset in a stretch that was received at or after a time; its end when there is none.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public long Seek(SegmentStretch stretch, UnixMicros time)
    {
        try
        {
            return SeekFact(stretch, time);
        }
        catch (Exception e) when (IsRefused(e))
        {
            throw new JournalReadException(NameOf(stretch.Segment), e);
        }
    }

    /// <summary>Decodes every fact of a stretch without keeping any.</summary>
    /// <returns>How many there are.</returns>
    /// <inheritdoc cref="Read" path="/exception"/>
    public long Check(SegmentStretch stretch)
    {
        try
        {
            return VisitFacts(stretch, scanner => Decode(stretch.Segment, scanner));
        }
        catch (Exception e) when (IsRefused(e))
        {
            throw new JournalReadException(NameOf(stretch.Segment), e);
        }
    }

    /// <summary>Names the key of every fact of a stretch that is sealed with one.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public void VisitKeys(SegmentStretch stretch, Action<long> onKey)
    {
        try
        {
            VisitFacts(stretch, scanner =>
            {
                if (FactCodec.DecodeKey(scanner.Content) is var key and not 0)
                {
                    onKey(key);
                }
            });
        }
        catch (Exception e) when (IsRefused(e))
        {
            throw new JournalReadException(NameOf(stretch.Segment), e);
        }
    }

    public JournalCorruptException Missing(Segment segment, long offset) => Corrupt(segment, offset, "the file is missing");

    /// <summary>Whether a disk refused, which <see cref="JournalReadException"/> says.</summary>
    public static bool IsRefused(Exception e) => e is (IOException and not FileNotFoundException) or UnauthorizedAccessException;

    private void ReadFacts(SegmentStretch stretch, long from, int maxFacts, List<StoredFact> into, ref long bytes)
    {
        using var file = files.Open(stretch.Segment.Path, writable: false);
        var buffer = (int)Math.Min((long)maxFacts * TypicalFactBytes, SegmentScanner.WholeSegmentBuffer);
        using var scanner = new SegmentScanner(file, stretch.Start.At, stretch.Start.Offset, stretch.Bytes, buffer);
        while (bytes >= 0 && into.Count < maxFacts && scanner.NextOffset < stretch.End)
        {
            switch (scanner.Next())
            {
                case ScanState.Fact when scanner.NextOffset > from:
                    into.Add(Decode(stretch.Segment, scanner));
                    bytes -= scanner.Content.Length;
                    break;
                case ScanState.Bad or ScanState.End:
                    throw Corrupt(stretch.Segment, scanner.NextOffset, "the record is damaged");
            }
        }
    }

    private long SeekFact(SegmentStretch stretch, UnixMicros time)
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

    private long VisitFacts(SegmentStretch stretch, Action<SegmentScanner> onFact)
    {
        using var file = files.Open(stretch.Segment.Path, writable: false);
        using var scanner = new SegmentScanner(file, stretch.Start.At, stretch.Start.Offset, stretch.Bytes);
        var facts = 0L;
        while (scanner.NextOffset < stretch.End)
        {
            switch (scanner.Next())
            {
                case ScanState.Fact:
                    onFact(scanner);
                    facts++;
                    break;
                case ScanState.Bad or ScanState.End:
                    throw Corrupt(stretch.Segment, scanner.NextOffset, "the record is damaged");
            }
        }

        return facts;
    }

    /// <summary>The fact that a scanner stands at.</summary>
    /// <exception cref="JournalCorruptException">It is none.</exception>
    public StoredFact Decode(Segment segment, SegmentScanner scanner)
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

    public string NameOf(Segment segment) => $"{StreamNames.Of(stream)}/{partition}/{segment.Name}";

    public JournalCorruptException Corrupt(Segment segment, long offset, string what)
    {
        var name = NameOf(segment);
        return new JournalCorruptException(name, offset, $"{name}, offset {offset}: {what}");
    }
}
