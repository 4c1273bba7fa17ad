using Millrace.Features.Numerics;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.FeatureForget;

/// <summary>What the journal says of decisions: that it holds one, and that its person was erased. By hash, since there may be millions.</summary>
/// <param name="journal">Reads as erased only what was sealed with a key that was destroyed.</param>
/// <param name="tenant">Whose decisions.</param>
/// <param name="skipped">Told of each record that is no fact.</param>
internal sealed class DecisionJudge(IJournalReader journal, string tenant, Action<Position, Exception> skipped)
{
    /// <summary>
    /// A record stands by its receipt, a row by when it was asked for. Most records are so much before or behind their slice: they are written behind the reply, and a clock may
    /// have been set. What is not found so is looked for in the whole journal.
    /// </summary>
    public static readonly TimeSpan Around = TimeSpan.FromMinutes(10);

    private readonly SkippingReader _reader = new(journal, skipped);

    /// <summary>Whether a key opened any decision that was read.</summary>
    public bool HasOpened { get; private set; }

    /// <summary>The time before which retention has taken every decision; null when it has taken none, or nothing is left to tell it by.</summary>
    public async Task<UnixMicros?> RetiredBeforeAsync(CancellationToken cancellation)
    {
        var (retired, first) = (false, (UnixMicros?)null);
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            var range = journal.Range(JournalStream.Decisions, partition);
            retired |= range.First > 0;
            if (await _reader.ReadAsync(JournalStream.Decisions, partition, range.First, cancellation) is [var stored, ..] && !(first <= stored.Fact.Received))
            {
                first = stored.Fact.Received;
            }
        }

        return retired ? first - Around : null;
    }

    /// <summary>The decisions that were received about a time.</summary>
    public async Task<Verdicts> AboutAsync(UnixMicros from, UnixMicros to, CancellationToken cancellation)
    {
        var verdicts = new Verdicts([], []);
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            var first = await journal.SeekAsync(JournalStream.Decisions, partition, from - Around, cancellation);
            var end = await journal.SeekAsync(JournalStream.Decisions, partition, to + Around, cancellation);
            await ReadAsync(partition, first, end, verdicts, _ => true, cancellation);
        }

        return verdicts;
    }

    /// <summary>Some decisions, wherever the journal has them.</summary>
    public async Task<Verdicts> AnywhereAsync(IReadOnlySet<ulong> wanted, CancellationToken cancellation)
    {
        var verdicts = new Verdicts([], []);
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions) && wanted.Count > 0; partition++)
        {
            var range = journal.Range(JournalStream.Decisions, partition);
            await ReadAsync(partition, range.First, range.End, verdicts, wanted.Contains, cancellation);
        }

        return verdicts;
    }

    private async Task ReadAsync(int partition, long next, long end, Verdicts verdicts, Func<ulong, bool> isWanted, CancellationToken cancellation)
    {
        while (next < end && await _reader.ReadAsync(JournalStream.Decisions, partition, next, cancellation) is { Count: > 0 } batch)
        {
            foreach (var decided in batch.Select(stored => stored.Fact).OfType<Decided>().Where(decided => decided.Tenant == tenant))
            {
                HasOpened |= decided.Subject is not null;
                if (ItemHash.Of(decided.Id) is var hash && isWanted(hash))
                {
                    verdicts.Known.Add(hash);
                    _ = decided.Erased && verdicts.Erased.Add(hash);
                }
            }

            next = batch[^1].Position.Offset + 1;
        }
    }

    /// <param name="Known">Decisions that the journal holds.</param>
    /// <param name="Erased">Those of them whose persons were erased.</param>
    internal sealed record Verdicts(HashSet<ulong> Known, HashSet<ulong> Erased);
}
