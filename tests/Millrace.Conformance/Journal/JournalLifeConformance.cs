using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Conformance.Journal;

/// <summary>What every adapter of <see cref="IJournal"/> does when it forgets, and when it is disposed. Belongs to <see cref="JournalConformance"/>.</summary>
public abstract class JournalLifeConformance
{
    private const int Facts = 60;

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>An empty journal with one partition, whose retention keeps a few of 60 small events.</summary>
    protected abstract ValueTask<IJournal> OpenForgettingAsync();

    /// <summary>Lets retention be applied.</summary>
    protected abstract void Retain();

    [Fact]
    public async Task Retention_forgets_the_oldest_facts_and_never_control()
    {
        await using var journal = await OpenForgettingAsync();
        for (var i = 0; i < Facts; i++)
        {
            await journal.AppendAsync([Event(i), new PolicyChanged { Id = $"p{i}", Policy = "home", Version = i, Definition = "{}" }], Cancelled);
        }

        Retain();
        var range = journal.Range(JournalStream.Events, 0);
        Assert.InRange(range.First, 1, Facts - 1);
        Assert.Equal(Facts, range.End);
        Assert.Equal(new PartitionRange(0, Facts), journal.Range(JournalStream.Control, 0));
        var read = await journal.ReadAsync(JournalStream.Events, 0, 0, 1000, Cancelled);
        Assert.Equal(Enumerable.Range((int)range.First, Facts - (int)range.First).Select(i => $"e{i}"), read.Select(f => f.Fact.Id));
        Assert.Equal(range.First, await journal.SeekAsync(JournalStream.Events, 0, new UnixMicros(0), Cancelled));
        Assert.Empty(await journal.FindAsync(JournalStream.Events, "e0", "default", 5, Cancelled));
        Assert.Single(await journal.FindAsync(JournalStream.Events, $"e{Facts - 1}", "default", 5, Cancelled));
        Assert.Equal(Facts, (await journal.AppendAsync(Event(Facts), Cancelled)).Offset);
    }

    [Fact]
    public async Task Disposing_ends_every_wait_and_refuses_what_comes_after_it()
    {
        var journal = await OpenForgettingAsync();
        await journal.AppendAsync(Event(0), Cancelled);
        var wait = journal.WaitAsync(JournalStream.Events, 0, 1, Cancelled).AsTask();
        await journal.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => wait);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await journal.AppendAsync(Event(1), Cancelled));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await journal.ReadAsync(JournalStream.Events, 0, 0, 1, Cancelled));
        await journal.DisposeAsync();
    }

    [Fact]
    public async Task What_was_appended_before_disposing_is_acknowledged_or_refused_but_never_left_open()
    {
        var journal = await OpenForgettingAsync();
        var appends = Enumerable.Range(0, 20).Select(i => journal.AppendAsync(Event(i), Cancelled).AsTask()).ToArray();
        await journal.DisposeAsync();
        await Task.WhenAll(appends).WaitAsync(Cancelled);
    }

    private static Observed Event(int i) => new() { Id = $"e{i}", Event = "click", Item = new string('i', 200) };
}

public sealed class MemoryJournalLifeConformance : JournalLifeConformance
{
    protected override ValueTask<IJournal> OpenForgettingAsync() =>
        ValueTask.FromResult<IJournal>(new MemoryJournal(Clock, new MemoryJournalOptions { Partitions = 1, KeepFacts = 20 }));

    protected override void Retain()
    {
    }
}

public sealed class LocalJournalLifeConformance : JournalLifeConformance, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-journal-").FullName;
    private readonly MemorySubjectKeys _keys = new();
    private JournalOptions? _options;

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    protected override async ValueTask<IJournal> OpenForgettingAsync()
    {
        var options = new JournalOptions { Directory = _directory, Partitions = 1, SegmentBytes = 1 << 12 };
        _options = options with { Retention = options.Retention.SetItem(JournalStream.Events, new Retention(MaxBytes: 1 << 13)) };
        return await LocalJournal.OpenAsync(_options, Clock, _keys);
    }

    /// <summary>Twice: the first time writes what sidecars are due, without which a segment does not go.</summary>
    protected override void Retain()
    {
        Clock.Advance(_options!.Housekeeping);
        Clock.Advance(_options.Housekeeping);
    }
}
