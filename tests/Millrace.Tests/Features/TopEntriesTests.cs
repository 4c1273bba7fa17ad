using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features;

/// <summary>Against a sort of all entries by count, last event and id.</summary>
public sealed class TopEntriesTests
{
    private const int Items = 120;

    private static readonly FeatureSnapshot Snapshot = Learn();

    // Counts and times beyond what one number holds of both, and many alike.
    private static readonly Gen<(int Count, long Last)> Entry = Gen.Select(
        Of(1, 2, 3, 50, (1 << 24) - 2, (1 << 24) - 1, 1 << 24, int.MaxValue),
        Of(0L, 1L, 5L, (1L << 40) - 1, 1L << 40, (1L << 40) + 1, 1L << 50));

    [Fact]
    public void The_best_entries_come_in_canonical_order() => Gen.Select(Entry.Array[0, Items], Gen.Int[0, Items + 10], Gen.Bool).Sample((entries, most, hidden) =>
    {
        var list = new CountList(0);
        for (int row = 0; row < entries.Length; row++) list.Append(row, entries[row].Count, entries[row].Last);
        var best = new CountEntry[most];
        int taken = TopEntries.Select(list, best, Snapshot, hidden);
        IEnumerable<int> expected = Enumerable.Range(0, entries.Length)
            .Where(row => hidden || !Snapshot.Item(row).Deleted)
            .OrderByDescending(row => entries[row].Count).ThenByDescending(row => entries[row].Last).ThenBy(row => Snapshot.Item(row).Id, StringComparer.Ordinal)
            .Take(most);
        Assert.Equal(expected, best[..taken].Select(entry => entry.Row));
    });

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    /// <summary>Two of three items are deleted: more than the selection allows for at first.</summary>
    private static FeatureSnapshot Learn()
    {
        var folder = new FeatureFolder(FeatureSet.Create([]), new FeatureOptions());
        long offset = 0;
        for (int i = 0; i < 2 * Items; i++)
        {
            if (i >= Items && i % 3 == 0) continue;
            var changed = new ItemChanged { Id = $"change{i}", Item = $"item-{i * 7 % Items}", Time = new UnixMicros(i), Deleted = i >= Items };
            folder.Apply(new StoredFact(new Position(JournalStream.Items, 0, offset++), changed));
        }

        return folder.Freeze(new UnixMicros(1000));
    }
}
