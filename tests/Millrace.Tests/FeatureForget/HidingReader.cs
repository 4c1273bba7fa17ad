using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.FeatureForget;

/// <summary>A journal of which retention has taken the beginning, one record is damaged, and records stand far from where a time leads.</summary>
/// <param name="inner">The whole journal.</param>
/// <param name="retired">What was received before it is gone.</param>
/// <param name="damaged">The decision whose record is no fact; null for none.</param>
/// <param name="seeks">Whether a time leads to what was received at it; else to the end.</param>
internal sealed class HidingReader(IJournalReader inner, UnixMicros retired = default, string? damaged = null, bool seeks = true) : IJournalReader
{
    private readonly Dictionary<(JournalStream, int), long> _first = [];

    public int Partitions(JournalStream stream) => inner.Partitions(stream);

    public PartitionRange Range(JournalStream stream, int partition)
    {
        var range = inner.Range(stream, partition);
        return range with { First = Math.Max(range.First, FirstOf(stream, partition)) };
    }

    public async ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default)
    {
        var facts = await inner.ReadAsync(stream, partition, Math.Max(from, FirstOf(stream, partition)), maxFacts, cancellation);
        foreach (var stored in facts.Where(stored => stored.Fact is Decided decided && decided.Id == damaged))
        {
            throw new JournalCorruptException("segment", stored.Position.Offset, "it is no fact");
        }

        return facts;
    }

    public async ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default) =>
        seeks ? Math.Max(await inner.SeekAsync(stream, partition, time, cancellation), FirstOf(stream, partition)) : inner.Range(stream, partition).End;

    private long FirstOf(JournalStream stream, int partition)
    {
        if (!_first.TryGetValue((stream, partition), out var first))
        {
            var seek = inner.SeekAsync(stream, partition, retired);
            _first.Add((stream, partition), first = seek.IsCompletedSuccessfully ? seek.Result : throw new InvalidOperationException("files answer at once"));
        }

        return first;
    }
}
