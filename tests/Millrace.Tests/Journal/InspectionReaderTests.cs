using Millrace.FeatureBuild;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Journal;

public sealed class InspectionReaderTests : IAsyncLifetime
{
    private const int Facts = 400;
    private static readonly UnixMicros Start = new(1_790_000_000_000_000);
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly MemorySubjectKeys _keys = new();
    private LocalJournal _journal = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = _directory, Partitions = 2, SegmentBytes = 4096 }, TimeProvider.System, _keys);
        for (var i = 0; i < Facts; i += 10)
        {
            await _journal.AppendAsync([.. Enumerable.Range(i, 10).Select(Event)], Cancelled);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _keys.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_reads_beside_a_running_node_what_the_node_reads(bool ahead)
    {
        using var files = JournalInspection.Open(_directory, _keys).OpenReader();
        using var threads = ahead ? new ReadAheadReader(files) : null;
        IJournalReader reader = ahead ? threads! : files;
        foreach (var partition in Enumerable.Range(0, 2))
        {
            Assert.Equal(_journal.Range(JournalStream.Events, partition), reader.Range(JournalStream.Events, partition));
            foreach (var (from, most) in ((long From, int Most)[])[(0, 5000), (0, 7), (0, 1), (3, 1024), (50, 1), (51, 1024), (20, 1024), (100_000, 10)])
            {
                Assert.Equal(await AllAsync(_journal, partition, from, most), await AllAsync(reader, partition, from, most));
            }

            foreach (var seconds in (int[])[-1, 0, 1, 17, 100, 200, 399, 400, 9999])
            {
                var time = Start + TimeSpan.FromSeconds(seconds);
                Assert.Equal(await _journal.SeekAsync(JournalStream.Events, partition, time, Cancelled), await reader.SeekAsync(JournalStream.Events, partition, time, Cancelled));
            }
        }
    }

    [Fact]
    public async Task What_retention_takes_meanwhile_is_passed_over()
    {
        using var reader = JournalInspection.Open(_directory, _keys).OpenReader();
        var oldest = Directory.GetFiles(Path.Combine(_directory, "events", "0")).Order(StringComparer.Ordinal).Take(4).ToArray(); // Two segments with their sidecars.
        var left = JournalInspection.Open(_directory, _keys).Inspect(JournalStream.Events, 0).Segments[2].Facts.First;
        Assert.Equal(0, reader.Range(JournalStream.Events, 0).First);
        Array.ForEach(oldest, File.Delete);
        Assert.Equal(left, (await reader.ReadAsync(JournalStream.Events, 0, 0, 10, Cancelled))[0].Position.Offset);
        Assert.Equal(left, reader.Range(JournalStream.Events, 0).First);
    }

    [Fact]
    public async Task A_damaged_record_is_named_after_what_stands_before_it_and_reading_goes_on_behind_it()
    {
        var segment = Directory.GetFiles(Path.Combine(_directory, "events", "1"), "*.seg").Order(StringComparer.Ordinal).First();
        var whole = await AllAsync(_journal, 1, 0, 1024);
        using var files = JournalInspection.Open(_directory, _keys).OpenReader();
        var bytes = await File.ReadAllBytesAsync(segment, Cancelled);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, Cancelled);
        using var reader = new ReadAheadReader(files);
        var bad = await Assert.ThrowsAsync<JournalCorruptException>(() => AllAsync(reader, 1, 0, 1024));
        var before = await reader.ReadAsync(JournalStream.Events, 1, 0, (int)bad.Offset, Cancelled);
        Assert.Equal(whole.Take((int)bad.Offset), before);
        Assert.Equal(bad.Offset, (await Assert.ThrowsAsync<JournalCorruptException>(() => AllAsync(reader, 1, bad.Offset, 1024))).Offset);
    }

    private static async Task<List<StoredFact>> AllAsync(IJournalReader reader, int partition, long from, int most)
    {
        var all = new List<StoredFact>();
        while (await reader.ReadAsync(JournalStream.Events, partition, from, most, Cancelled) is { Count: > 0 } facts)
        {
            Assert.InRange(facts.Count, 1, most);
            all.AddRange(facts);
            from = facts[^1].Position.Offset + 1;
        }

        return all;
    }

    private static Fact Event(int i) => new Observed
    {
        Id = $"e{i}",
        Event = "click",
        Item = $"i{i % 9}",
        User = $"u{i % 30}",
        Time = Start + TimeSpan.FromSeconds(i),
        Received = Start + TimeSpan.FromSeconds(i),
    };
}
