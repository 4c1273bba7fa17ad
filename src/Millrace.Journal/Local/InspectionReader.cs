using Millrace.Journal.Facts;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// The files of a journal as a port to read, beside a running node or after one: without its lock, changing nothing. It holds what was there when it was opened; what retention takes
/// meanwhile reads as retired. Reading a partition from its beginning to its end opens each file once. Partitions may be read side by side, each by one reader at a time.
/// </summary>
public sealed class InspectionReader : IJournalReader, IDisposable
{
    /// <summary>The most facts of one read: a list of some 3,500 and more stands among the large objects, whose allocation starts full collections (docs/results/journal.md).</summary>
    public const int MostFacts = 1024;

    private readonly JournalLayout _layout;
    private readonly Dictionary<(JournalStream Stream, int Partition), Part> _parts = [];

    internal InspectionReader(JournalInspection journal, FactCodec codec, JournalLayout layout)
    {
        _layout = layout;

        // Decisions before the events that they knew: beside a running node no epoch is seen whose cut is not.
        foreach (var (stream, partition) in journal.Partitions().OrderByDescending(of => of.Stream == JournalStream.Decisions))
        {
            _parts.Add((stream, partition), new Part(journal, codec, stream, partition));
        }
    }

    public int Partitions(JournalStream stream) => _layout.PartitionsOf(stream);

    public PartitionRange Range(JournalStream stream, int partition) => _parts[(stream, partition)].Range;

    public ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return new(_parts[(stream, partition)].Read(from, Math.Min(maxFacts, MostFacts)));
    }

    public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return new(_parts[(stream, partition)].Seek(time));
    }

    public void Dispose()
    {
        foreach (var part in _parts.Values)
        {
            part.Dispose();
        }
    }

    private sealed class Part : IDisposable
    {
        private readonly JournalInspection _journal;
        private readonly (JournalStream Stream, int Partition) _of;
        private readonly PartitionReader _reader;
        private readonly long _end;
        private List<Segment> _segments;
        private PartitionCursor _cursor;

        public Part(JournalInspection journal, FactCodec codec, JournalStream stream, int partition)
        {
            (_journal, _of) = (journal, (stream, partition));
            _reader = new PartitionReader(DiskFiles.Instance, codec, stream, partition);
            _segments = journal.Segments(stream, partition).Segments;
            _end = _segments.Count == 0 ? 0 : _segments[^1].End;
            _cursor = new PartitionCursor(DiskFiles.Instance, _reader, _segments);
        }

        public PartitionRange Range => new(_segments.Count == 0 ? _end : _segments[0].First, _end);

        public List<StoredFact> Read(long from, int maxFacts)
        {
            var found = new List<StoredFact>(maxFacts);
            WhileThere(() =>
            {
                found.Clear();
                _cursor.Read(from, maxFacts, found);
                return 0;
            });
            return found;
        }

        public long Seek(UnixMicros time) => WhileThere(() => _segments.FirstOrDefault(s => s.End > s.First && s.LastReceived >= time.Value) is { } segment
            ? _reader.Seek(new SegmentStretch(segment, segment.PointBeforeTime(time.Value), segment.End, segment.Bytes), time)
            : _end);

        public void Dispose() => _cursor.Dispose();

        /// <summary>What retention has taken since is left out, from the front; what is missing otherwise is named.</summary>
        private T WhileThere<T>(Func<T> read)
        {
            while (true)
            {
                try
                {
                    return read();
                }
                catch (FileNotFoundException)
                {
                    var first = _journal.Segments(_of.Stream, _of.Partition).Segments.Select(segment => segment.First).DefaultIfEmpty(_end).First();
                    if (_segments.Count == 0 || _segments[0].First >= first)
                    {
                        throw _reader.Missing(_segments[0], _segments[0].First);
                    }

                    _cursor.Dispose();
                    _segments = [.. _segments.Where(segment => segment.First >= first)];
                    _cursor = new PartitionCursor(DiskFiles.Instance, _reader, _segments);
                }
            }
        }
    }
}
