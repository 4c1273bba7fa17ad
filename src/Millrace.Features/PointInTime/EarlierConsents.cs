using Millrace.Features.Local;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>What users had said of personalised decisions before the facts at which a fold begins: who withdrew stays withdrawn, however far features look back.</summary>
internal static class EarlierConsents
{
    /// <summary>Has a store know it, before anything is folded into it.</summary>
    /// <param name="journal">Asked by its index where it has one, else read from its beginning.</param>
    /// <param name="reader">Reads it.</param>
    /// <param name="tenant">Whose users.</param>
    /// <param name="partition">Of events.</param>
    /// <param name="before">The first fact that is folded.</param>
    /// <param name="persons">The store.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task RecallAsync(
        IJournalReader journal, SkippingReader reader, string tenant, int partition, long before, EmbeddedPersonStore persons, CancellationToken cancellation)
    {
        if (before <= journal.Range(JournalStream.Events, partition).First)
        {
            return;
        }

        if (journal is IJournal indexed)
        {
            var found = await indexed.FindAsync(JournalStream.Events, ConsentChanged.Key, tenant, int.MaxValue, cancellation);
            Recall(found.Where(stored => stored.Position.Partition == partition && stored.Position.Offset < before).OrderBy(stored => stored.Position.Offset), persons);
            return;
        }

        var next = journal.Range(JournalStream.Events, partition).First;
        while (next < before && await reader.ReadAsync(JournalStream.Events, partition, next, cancellation) is { Count: > 0 } facts)
        {
            Recall(facts.Where(stored => stored.Position.Offset < before && stored.Fact.Tenant == tenant), persons);
            next = facts[^1].Position.Offset + 1;
        }
    }

    private static void Recall(IEnumerable<StoredFact> facts, EmbeddedPersonStore persons)
    {
        foreach (var stored in facts)
        {
            if (stored.Fact is ConsentChanged consent)
            {
                persons.Recall(consent, stored.Position);
            }
        }
    }
}
