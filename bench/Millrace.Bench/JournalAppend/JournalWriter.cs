using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Bench.JournalAppend;

/// <summary>
/// The two sides of the power-cut test: one appends until the power goes and prints what was acknowledged; the other opens what is left, checks it against those
/// lines, and says what is missing or there twice.
/// </summary>
/// <remarks>
/// A real cut stops the processor with the disk; a simulated one lets it run on, and an fsync that is under way when ext4 is shut down may return success though
/// its transaction was aborted. So the writer looks, after each acknowledgement, whether the file system still opens files (ext4 refuses from the first step of
/// a shutdown on): if it does, the acknowledgement came before the cut and is promised.
/// </remarks>
internal static class JournalWriter
{
    private const int Producers = 16;

    /// <summary>
    /// Prints one line <c>ack ID</c> per fact acknowledged before the cut, and <c>late ID</c> for one acknowledged after it, until the disk fails or the process is
    /// killed.
    /// </summary>
    public static async Task<int> WriteAsync(string directory, string run)
    {
        using var keys = new FileSubjectKeys(Path.Combine(directory, "keys"));
        await using var journal = await OpenAsync(directory, keys);
        var probe = Path.Combine(directory, "probe");
        await File.WriteAllTextAsync(probe, "");
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

                Console.Out.WriteLine($"{(Opens(probe) ? "ack" : "late")} {id}");
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
        var lines = File.ReadAllText(acknowledged).Split('\n')[..^1];
        var said = lines.Where(l => l.StartsWith("ack ", StringComparison.Ordinal)).Select(l => l[4..]).ToHashSet();
        var late = lines.Count(l => l.StartsWith("late ", StringComparison.Ordinal));
        var lost = said.Count(id => !seen.ContainsKey(id));
        var twice = seen.Count(s => s.Value > 1);
        Console.WriteLine($"acknowledged {said.Count} found {seen.Count} lost {lost} twice {twice} unreadable {erased} torn {journal.TornBytes} late {late}");
        return lost + twice + erased == 0 ? 0 : 1;
    }

    private static bool Opens(string path)
    {
        try
        {
            File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static ValueTask<LocalJournal> OpenAsync(string directory, ISubjectKeys keys) => LocalJournal.OpenAsync(
        new JournalOptions { Directory = Path.Combine(directory, "journal"), SegmentBytes = 1 << 18 }, TimeProvider.System, keys);
}
