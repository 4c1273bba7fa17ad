using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>A stretch of one partition, fact by fact; a batch of it is held.</summary>
internal sealed class KnownPartition(SkippingReader reader, JournalStream stream, int partition, long start, long end)
{
    private IReadOnlyList<StoredFact> _batch = [];
    private long _read = start;
    private int _at;

    /// <summary>The fact at which it stands; null at its end.</summary>
    internal StoredFact? Next => _at < _batch.Count && _batch[_at].Position.Offset < end ? _batch[_at] : null;

    /// <summary>How many facts it has, about.</summary>
    internal long Facts { get; } = Math.Max(0, end - start);

    internal ValueTask MoveAsync(CancellationToken cancellation) => ++_at < _batch.Count ? ValueTask.CompletedTask : FillAsync(cancellation);

    internal async ValueTask FillAsync(CancellationToken cancellation)
    {
        (_batch, _at) = (_read < end ? await reader.ReadAsync(stream, partition, _read, cancellation) : [], 0);
        _read = _batch.Count > 0 ? _batch[^1].Position.Offset + 1 : end;
    }
}
