using System.Collections.Concurrent;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Journal;

/// <summary>The short version of <c>tests/power-cut/run</c>, which cuts 200 times and kills a process of its own.</summary>
public sealed class PowerCutTests
{
    private const int Cuts = 3;
    private const int Producers = 8;
    private const int LeastAcknowledged = 100;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 28_000)]
    public async Task Power_cuts_lose_no_acknowledged_fact_and_double_none()
    {
        using var disk = new ScratchDisk();
        var acknowledged = new HashSet<string>();
        var unanswered = new HashSet<string>();
        for (var cut = 0; cut < Cuts; cut++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            acknowledged.UnionWith(await WriteUntilCutAsync(disk, cut, unanswered));
            disk.Restart();
            await CheckAsync(disk, acknowledged);
            unanswered.ExceptWith(acknowledged);
            await RetryAsync(disk, unanswered);
            acknowledged.UnionWith(unanswered);
            await CheckAsync(disk, acknowledged);
        }

        Assert.True(acknowledged.Count >= Cuts * LeastAcknowledged);
    }

    /// <param name="disk">Whose power is cut.</param>
    /// <param name="run">Sets this run's ids apart.</param>
    /// <param name="asked">Takes every id that was appended, acknowledged or not.</param>
    /// <returns>The ids that were acknowledged while there was power.</returns>
    private static async Task<IReadOnlyCollection<string>> WriteUntilCutAsync(ScratchDisk disk, int run, HashSet<string> asked)
    {
        var acknowledged = new ConcurrentBag<string>();
        var sent = new ConcurrentBag<string>();
        var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var keys = new FileSubjectKeys(Path.Combine(disk.Root, "keys"));
        await using var journal = await OpenAsync(disk, keys);
        var producers = Enumerable.Range(0, Producers).Select(p => Task.Run(async () =>
        {
            for (var i = 0; ; i++)
            {
                try
                {
                    var id = $"{run}-{p}-{i}";
                    sent.Add(id);
                    await journal.AppendAsync(Fact(id), Cancelled);
                    if (disk.HasPower())
                    {
                        acknowledged.Add(id);
                    }
                }
                catch (JournalException)
                {
                    return;
                }

                if (acknowledged.Count >= LeastAcknowledged)
                {
                    underWay.TrySetResult();
                }
            }
        })).ToArray();
        await Task.WhenAny(underWay.Task, Task.WhenAll(producers)).WaitAsync(Cancelled);
        disk.CutPower();
        await Task.WhenAll(producers);
        asked.UnionWith(sent);
        return acknowledged;
    }

    /// <summary>What a sender does who got no answer: asks whether the fact is there, and sends it again if not.</summary>
    private static async Task RetryAsync(ScratchDisk disk, HashSet<string> unanswered)
    {
        using var keys = new FileSubjectKeys(Path.Combine(disk.Root, "keys"));
        await using var journal = await OpenAsync(disk, keys);
        foreach (var id in unanswered)
        {
            if ((await journal.FindAsync(JournalStream.Events, id, "default", 2, Cancelled)).Count == 0)
            {
                await journal.AppendAsync(Fact(id), Cancelled);
            }
        }
    }

    private static Observed Fact(string id) => new() { Id = id, Event = "click", Item = $"i{id}", User = $"u{id[..^1]}" };

    private static async Task CheckAsync(ScratchDisk disk, HashSet<string> acknowledged)
    {
        using var keys = new FileSubjectKeys(Path.Combine(disk.Root, "keys"));
        await using var journal = await OpenAsync(disk, keys);
        var found = new List<Fact>();
        for (var p = 0; p < journal.Partitions(JournalStream.Events); p++)
        {
            IReadOnlyList<StoredFact> facts;
            for (var next = 0L; (facts = await journal.ReadAsync(JournalStream.Events, p, next, 1000, Cancelled)).Count > 0; next = facts[^1].Position.Offset + 1)
            {
                found.AddRange(facts.Select(f => f.Fact));
            }
        }

        Assert.Empty(acknowledged.Except(found.Select(f => f.Id)));
        Assert.Equal(found.Count, found.DistinctBy(f => f.Id).Count());
        Assert.DoesNotContain(found, f => f.Erased);
    }

    private static ValueTask<LocalJournal> OpenAsync(ScratchDisk disk, ISubjectKeys keys) => LocalJournal.OpenAsync(
        new JournalOptions { Directory = Path.Combine(disk.Root, "journal"), SegmentBytes = 1 << 14 }, TimeProvider.System, keys);
}
