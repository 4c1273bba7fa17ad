using System.Runtime.InteropServices;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// What one call appends, encoded and sorted by partition: the room of a thread, used again by its next call. Nothing of it is needed once the queues have taken their parts.
/// </summary>
internal sealed class AppendBatch
{
    private readonly FieldWriter _encoder = new();
    private Part[] _parts = [];
    private int _used;

    /// <summary>The parts of this call, in the order in which they were first needed.</summary>
    public ReadOnlySpan<Part> Parts => _parts.AsSpan(0, _used);

    /// <summary>Empties it for the next call.</summary>
    /// <returns>Where its facts are encoded.</returns>
    public FieldWriter Begin()
    {
        _encoder.Clear();
        _used = 0;
        return _encoder;
    }

    /// <summary>The part that goes to a partition.</summary>
    public Part PartFor(JournalStream stream, int partition)
    {
        foreach (var part in Parts)
        {
            if (part.Stream == stream && part.Partition == partition)
            {
                return part;
            }
        }

        if (_used == _parts.Length)
        {
            Array.Resize(ref _parts, _used + 1);
        }

        var next = _parts[_used++] ??= new Part();
        next.Begin(stream, partition);
        return next;
    }

    /// <summary>What goes to one partition.</summary>
    internal sealed class Part
    {
        private const int Roomy = 1024;
        private readonly List<EncodedFact> _facts = [];
        private readonly List<int> _indexes = [];

        public JournalStream Stream { get; private set; }

        public int Partition { get; private set; }

        /// <summary>With their frames.</summary>
        public long Bytes { get; private set; }

        public ReadOnlySpan<EncodedFact> Facts => CollectionsMarshal.AsSpan(_facts);

        public void Begin(JournalStream stream, int partition)
        {
            (Stream, Partition, Bytes) = (stream, partition, 0);
            _facts.Clear();
            _indexes.Clear();
            if (_facts.Capacity > Roomy)
            {
                (_facts.Capacity, _indexes.Capacity) = (0, 0);
            }
        }

        /// <param name="fact">It, as the call's encoder holds it.</param>
        /// <param name="index">Its index in the call.</param>
        public void Add(in EncodedFact fact, int index)
        {
            _facts.Add(fact);
            _indexes.Add(index);
            Bytes += fact.Length + Frame.HeadBytes;
        }

        /// <summary>Writes the positions of this part's facts, of which the first got offset <paramref name="first"/>.</summary>
        public void Place(long first, Position[] positions)
        {
            for (var i = 0; i < _indexes.Count; i++)
            {
                positions[_indexes[i]] = new Position(Stream, Partition, first + i);
            }
        }
    }
}
