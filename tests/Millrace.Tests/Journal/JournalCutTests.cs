using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Journal;

/// <summary>
/// The power goes at every operation that changes the disk, one after the other: while the journal is created, writes, rolls, retires and closes. The files are those of
/// the operating system; what a cut leaves of them is <see cref="Unsynced"/>.
/// </summary>
public sealed class JournalCutTests
{
    private const int Facts = 9;
    private const int CreationStride = 5;
    private const int LeastCuts = 40;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Unsynced.Nothing, true)]
    [InlineData(Unsynced.Everything, false)]
    [InlineData(Unsynced.HalfOfTheLastWrite, false)]
    [InlineData(Unsynced.Zeros, false)]
    public async Task A_cut_at_any_operation_loses_nothing_acknowledged(Unsynced keeps, bool fromCreationOn)
    {
        var opened = await OperationsToOpenAsync();
        var cuts = 0;
        for (var cutAt = fromCreationOn ? 1 : opened; ; cutAt += cutAt < opened ? CreationStride : 1)
        {
            var directory = Directory.CreateTempSubdirectory("millrace-cut-").FullName;
            try
            {
                var disk = new CutFiles(cutAt, keeps);
                var acknowledged = await WriteAsync(disk, directory);
                var lived = disk.HasPower;
                disk.Restart();
                await CheckAsync(disk, directory, acknowledged, $"cut at operation {cutAt}");
                if (lived)
                {
                    Assert.Equal(Facts, acknowledged.Count);
                    break;
                }

                cuts++;
            }
            finally
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        Assert.True(cuts > LeastCuts, $"only {cuts} operations: the workload has become too small");
    }

    private async Task<int> OperationsToOpenAsync()
    {
        var directory = Directory.CreateTempSubdirectory("millrace-cut-").FullName;
        try
        {
            var disk = new CutFiles(int.MaxValue, Unsynced.Everything);
            using var keys = OpenKeys(disk, directory);
            await using var journal = await OpenAsync(disk, directory, keys);
            return disk.Operations;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>A few segments' worth of facts in one partition, with housekeeping between.</summary>
    /// <returns>The ids that were acknowledged.</returns>
    private async Task<List<string>> WriteAsync(CutFiles disk, string directory)
    {
        var acknowledged = new List<string>();
        try
        {
            using var keys = OpenKeys(disk, directory);
            await using var journal = await OpenAsync(disk, directory, keys);
            for (var i = 0; i < Facts; i++)
            {
                await journal.AppendAsync(Fact(i), Cancelled);
                acknowledged.Add($"e{i}");
                if (i % 4 == 3)
                {
                    journal.Tidy();
                }
            }
        }
        catch (Exception cut) when ((cut is IOException or JournalException) && !disk.HasPower)
        {
            // That is what a cut looks like from within.
        }

        return acknowledged;
    }

    private async Task CheckAsync(CutFiles disk, string directory, List<string> acknowledged, string cut)
    {
        using (var keys = OpenKeys(disk, directory))
        {
            await using var journal = await OpenAsync(disk, directory, keys);
            var found = await ReadAsync(journal);
            Assert.True(acknowledged.SequenceEqual(found.Take(acknowledged.Count).Select(f => f.Id)), $"{cut}: acknowledged {acknowledged.Count}, found {found.Count}");
            Assert.True(found.Count <= acknowledged.Count + 1, $"{cut}: acknowledged {acknowledged.Count}, found {found.Count}");
            Assert.All(found, f => Assert.False(f.Erased));

            // Who got no answer asks again, and appends what is not there.
            for (var i = 0; i < Facts; i++)
            {
                if ((await journal.FindAsync(JournalStream.Events, $"e{i}", "default", 2, Cancelled)).Count == 0)
                {
                    await journal.AppendAsync(Fact(i), Cancelled);
                }
            }
        }

        using var keysAgain = OpenKeys(disk, directory);
        await using var again = await OpenAsync(disk, directory, keysAgain);
        var all = await ReadAsync(again);
        Assert.Equal(Enumerable.Range(0, Facts).Select(i => $"e{i}"), all.Select(f => f.Id));
        Assert.All(all, f => Assert.False(f.Erased));
        var inspection = JournalInspection.Open(Path.Combine(directory, "journal"), keysAgain);
        Assert.Equal(Facts, inspection.Verify(JournalStream.Events, 0));
    }

    private static async Task<List<Fact>> ReadAsync(LocalJournal journal) =>
        [.. (await journal.ReadAsync(JournalStream.Events, 0, 0, 1000, Cancelled)).Select(f => f.Fact)];

    private static Observed Fact(int i) => new() { Id = $"e{i}", Event = "click", Item = new string('i', 1500), User = $"u{i / 4}" };

    private static FileSubjectKeys OpenKeys(CutFiles disk, string directory) =>
        new(disk, Path.Combine(directory, "keys", "subjects"), maxSubjects: 100, readOnly: false);

    private ValueTask<LocalJournal> OpenAsync(CutFiles disk, string directory, ISubjectKeys keys) => LocalJournal.OpenAsync(
        new JournalOptions { Directory = Path.Combine(directory, "journal"), Partitions = 1, SegmentBytes = 1 << 12 }, _clock, keys, disk);
}
