using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Bench.JournalAppend;

/// <summary>
/// The two sides of the power-cut test: one appends until the power goes and prints what was acknowledged; the other opens what is left, checks it against those
/// lines, and says what is missing or there twice.
/// </summary>
internal static class JournalWriter
{
    private const int Producers = 16;

    /// <summary>Prints one line <c>ack ID</c> per acknowledged fact, until the disk fails or the process is killed.</summary>
    public static async Task<int> WriteAsync(string directory, string run)
    {
        using var keys = new FileSubjectKeys(Path.Combine(directory, "keys"));
        await using var journal = await OpenAsync(directory, keys);
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(p => Task.Run(async () =>
        {
            for (var i = 0; ; i++)
            {
                var id = $"{run}-{p}-{i}";
                try
                {
                    await journal.AppendAsync(new Observed { Id = id, Event = "click", Item = $"i{i}", User = $"u{run}-{p}-{i / 10}" });
                    if (i % 50 == 49)
                    {
                        await journal.CommitAsync($"c{p}", new Position(JournalStream.Events, 0, journal.Range(JournalStream.Events, 0).End));
                    }
                }
                catch (JournalException)
                {
                    return;
                }

                Console.Out.WriteLine($"ack {id}");
            }
        })));
        return 0;
    }

    /// <summary>Reads <c>ack ID</c> lines from <paramref name="acknowledged"/>; exit code 1 when one is missing, unreadable or there twice.</summary>
    public static async Task<int> CheckAsync(string directory, string acknowledged)
    {
        using var keys = new FileSubjectKeys(Path.Combine(directory, "keys"));
        await using var journal = await OpenAsync(directory, keys);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var erased = 0;
        for (var p = 0; p < journal.Partitions(JournalStream.Events); p++)
        {
            IReadOnlyList<StoredFact> facts;
            for (var next = 0L; (facts = await journal.ReadAsync(JournalStream.Events, p, next, 10_000)).Count > 0; next = facts[^1].Position.Offset + 1)
            {
                foreach (var stored in facts)
                {
                    seen[stored.Fact.Id] = seen.GetValueOrDefault(stored.Fact.Id) + 1;
                    erased += stored.Fact.Erased ? 1 : 0;
                }
            }
        }

        // A cut may leave half a line, which was not said.
        var said = File.ReadAllText(acknowledged).Split('\n')[..^1].Where(l => l.StartsWith("ack ", StringComparison.Ordinal)).Select(l => l[4..]).ToHashSet();
        var lost = said.Count(id => !seen.ContainsKey(id));
        var twice = seen.Count(s => s.Value > 1);
        Console.WriteLine($"acknowledged {said.Count} found {seen.Count} lost {lost} twice {twice} unreadable {erased} torn {journal.TornBytes}");
        return lost + twice + erased == 0 ? 0 : 1;
    }

    private static ValueTask<LocalJournal> OpenAsync(string directory, ISubjectKeys keys) => LocalJournal.OpenAsync(
        new JournalOptions { Directory = Path.Combine(directory, "journal"), SegmentBytes = 1 << 18 }, TimeProvider.System, keys);
}
