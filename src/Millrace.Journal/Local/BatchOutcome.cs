namespace Millrace.Journal.Local;

/// <summary>What becomes of a batch: some facts are refused at once, the others are at the disks of their partitions, which commit each by itself.</summary>
internal sealed class BatchOutcome(int facts)
{
    private readonly Position[] _positions = new Position[facts];
    private readonly List<QueuedPart> _parts = [];
    private HashSet<int>? _refused;
    private JournalException? _reason;

    /// <summary>Takes note of a fact that is not queued.</summary>
    public void Refuse(int index, JournalException reason)
    {
        (_refused ??= []).Add(index);
        _reason = reason;
    }

    /// <summary>Takes note of what went to one partition.</summary>
    /// <param name="part">It.</param>
    /// <param name="first">Its first fact's offset.</param>
    /// <param name="done">Completes when its facts are durable, or fails.</param>
    public void Queue(AppendBatch.Part part, long first, Task done)
    {
        part.Place(first, _positions);
        _parts.Add(new QueuedPart(part.Stream, part.Partition, done));
    }

    /// <returns>The positions, when all facts are durable.</returns>
    /// <exception cref="JournalPartialException">Some are.</exception>
    /// <exception cref="JournalException">None is.</exception>
    public async ValueTask<Position[]> AcknowledgeAsync()
    {
        try
        {
            await Task.WhenAll(_parts.Select(p => p.Done));
        }
        catch (Exception failed)
        {
            if (!_parts.Exists(p => p.Done.IsCompletedSuccessfully))
            {
                throw;
            }

            // A partition that faulted stays so: where another is merely full, that is not the news.
            var fault = _parts.Select(p => p.Done.Exception?.InnerException).OfType<JournalFaultException>().FirstOrDefault();
            throw new JournalPartialException(Durable(), fault ?? failed);
        }

        return _reason is null ? _positions : throw (_parts.Count == 0 ? _reason : new JournalPartialException(Durable(), _reason));
    }

    private Position?[] Durable()
    {
        var durable = new Position?[_positions.Length];
        for (var i = 0; i < durable.Length; i++)
        {
            var position = _positions[i];
            durable[i] = _refused?.Contains(i) != true && _parts.Exists(p => p.Holds(position)) ? position : null;
        }

        return durable;
    }

    /// <param name="Stream">Where the part goes.</param>
    /// <param name="Partition">Where the part goes.</param>
    /// <param name="Done">Completes when its facts are durable, or fails.</param>
    private readonly record struct QueuedPart(JournalStream Stream, int Partition, Task Done)
    {
        public bool Holds(Position position) => Done.IsCompletedSuccessfully && position.Stream == Stream && position.Partition == Partition;
    }
}
