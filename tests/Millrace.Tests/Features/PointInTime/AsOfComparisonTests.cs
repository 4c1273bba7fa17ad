using Millrace.Bench.FeaturesAsOf;
using Millrace.Journal;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.PointInTime;

public sealed class AsOfComparisonTests
{
    private static readonly LogSize Tiny = new(Events: 2_000, Decisions: 60, Items: 20, Users: 10, Seed: 3);

    [Fact]
    public async Task DuckDb_builds_the_rows_that_counting_by_hand_gives()
    {
        var log = new SyntheticLog(Tiny);
        var directory = Directory.CreateTempSubdirectory("millrace-");
        try
        {
            using var side = new DuckDbSide(threads: 2, memory: "256MB");
            await side.LoadAsync(log, directory.FullName);
            var windows = AsOfColumns.Windows.Select(w => $"clicks_{w.Name}, impressions_{w.Name}");
            var sql = $"select decision, rank, item, {AsOfColumns.LastClick}, {string.Join(", ", windows)}, {AsOfColumns.UserEvents}, {AsOfColumns.UserClicks} from '{await side.BuildAsync()}'";
            Assert.Equal(ByHand(log).Order(StringComparer.Ordinal), DuckDbRows.Read(sql).Select(r => string.Join(' ', r)).Order(StringComparer.Ordinal));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_same_log_goes_into_a_journal()
    {
        var log = new SyntheticLog(Tiny);
        await using var journal = new MemoryJournal(TimeProvider.System);
        await EngineSide.WriteAsync(journal, log, "definitions");
        long Count(JournalStream stream) => Enumerable.Range(0, journal.Partitions(stream)).Sum(p => journal.Range(stream, p).End);
        Assert.Equal((Tiny.Events, 2L * Tiny.Decisions), (Count(JournalStream.Events), Count(JournalStream.Decisions)));
        Assert.Equal(log.EventFacts(), log.EventFacts());
    }

    private static IEnumerable<string> ByHand(SyntheticLog log)
    {
        var events = log.Events().ToList();
        foreach (var (decision, number) in log.Decisions().Select((d, i) => (d, i)))
        {
            var before = events.Where(e => e.Time < decision.Time).ToList();
            var own = before.Where(e => e.User == decision.User).ToList();
            foreach (var (item, rank) in decision.Items.Select((item, i) => (item, i + 1)))
            {
                var seen = before.Where(e => e.Item == item).ToList();
                var last = seen.LastOrDefault(e => e.IsClick);
                List<object?> row = [SyntheticLog.DecisionId(number), rank, SyntheticLog.ItemId(item), last == default ? null : last.Time.Value];
                foreach (var (_, length) in AsOfColumns.Windows)
                {
                    row.Add(seen.Count(e => e.IsClick && e.Time >= decision.Time - length));
                    row.Add(seen.Count(e => !e.IsClick && e.Time >= decision.Time - length));
                }

                row.Add(own.Count);
                row.Add(own.Count(e => e.IsClick && e.Time >= decision.Time - AsOfColumns.UserWindow));
                yield return string.Join(' ', row);
            }
        }
    }
}
