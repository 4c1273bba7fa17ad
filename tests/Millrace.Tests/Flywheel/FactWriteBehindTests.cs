using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Tests.Journal;

namespace Millrace.Tests.Flywheel;

public sealed class FactWriteBehindTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly MemorySubjectKeys _keys = new();
    private readonly FaultyFiles _files = new();
    private readonly Meter _meter = new("Millrace.Test");
    private LocalJournal _journal = null!;
    private bool _faulted;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = _directory }, TimeProvider.System, _keys, _files);

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _keys.Dispose();
        _meter.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_record_too_long_for_the_journal_is_kept_slim_and_those_around_it_whole()
    {
        await using (var queue = Queue())
        {
            queue.Write(Decision("d1", inputs: 10));
            queue.Write(Decision("d2", inputs: 400_000));
            queue.Write(Decision("d3", inputs: 10));
        }

        Assert.Equal(["d1 full", "d2 slim", "d3 full"], await StoredAsync());
    }

    [Fact]
    public async Task A_fact_that_the_journal_refuses_takes_no_other_with_it()
    {
        var queue = Queue();
        queue.Write(Decision("d1", inputs: 0));
        queue.Write(Decision("a\nb", inputs: 0));
        queue.Write(Decision(new string('x', 129), inputs: 0));
        queue.Write(Decision("d2", inputs: 0));
        await queue.DisposeAsync();
        Assert.Equal(["d1 slim", "d2 slim"], await StoredAsync());
        Assert.Equal((2, 0), (queue.Dropped, queue.Pending));
        Assert.False(_faulted);
    }

    [Fact]
    public async Task A_batch_that_is_durable_in_part_is_written_once()
    {
        _files.Only = Path.Combine("decisions", "1");
        _files.Full = true;
        var queue = Queue();
        for (var i = 0; i < 100; i++)
        {
            queue.Write(Decision($"d{i}", inputs: 0));
        }

        await queue.DisposeAsync();
        var stored = await StoredAsync();
        Assert.Equal(stored.Distinct(), stored);
        Assert.Equal(100, stored.Count + queue.Dropped);
        Assert.InRange(stored.Count, 1, 99);
        Assert.Equal(0, queue.Pending);
    }

    [Fact]
    public async Task A_journal_at_fault_is_told_on_and_every_loss_is_counted()
    {
        _files.SyncFails = true;
        var queue = Queue();
        for (var i = 0; i < 100; i++)
        {
            queue.Write(Decision($"d{i}", inputs: 0));
        }

        await queue.DisposeAsync();
        Assert.True(_faulted);
        Assert.Equal((100, 0), (queue.Dropped, queue.Pending));
    }

    [Fact]
    public async Task Writing_that_ends_is_told_on_and_what_comes_later_is_counted_as_lost()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var queue = new FactWriteBehind("decisions", 1_024, _journal, _meter, new BrokenLog(), ended.SetResult);
        queue.Write(Decision("a\nb", inputs: 0));
        await ended.Task.WaitAsync(Cancellation);
        await queue.DisposeAsync();
        queue.Write(Decision("d1", inputs: 0));
        await queue.SettleAsync(Cancellation);
        Assert.Equal(0, queue.Pending);
        Assert.InRange(queue.Dropped, 2, 2);
    }

    [Fact]
    public async Task Settling_waits_for_what_was_written_before_and_for_nothing_after_the_end()
    {
        var queue = Queue();
        for (var i = 0; i < 600; i++)
        {
            queue.Write(Decision($"d{i:000}", inputs: 0));
        }

        await queue.SettleAsync(Cancellation);
        Assert.Equal((600, 0), ((await StoredAsync()).Count, queue.Pending));
        await queue.SettleAsync(Cancellation);
        await queue.DisposeAsync();
        await queue.SettleAsync(Cancellation);
    }

    private FactWriteBehind Queue() =>
        new("decisions", 1_024, _journal, _meter, NullLogger.Instance, () => _faulted = true, DecisionToFact.Shorter);

    private async Task<List<string>> StoredAsync()
    {
        var stored = new List<string>();
        for (var p = 0; p < _journal.Partitions(JournalStream.Decisions); p++)
        {
            var facts = await _journal.ReadAsync(JournalStream.Decisions, p, 0, 1_000, Cancellation);
            stored.AddRange(facts.Select(f => (Decided)f.Fact).Select(d => $"{d.Id} {(d.Inputs is null ? "slim" : "full")}"));
        }

        stored.Sort(StringComparer.Ordinal);
        return stored;
    }

    /// <param name="id">Its id.</param>
    /// <param name="inputs">How many cells its matrix has; 0 for a slim record.</param>
    private static Decided Decision(string id, int inputs) => new()
    {
        Id = id,
        Surface = "home",
        Policy = "home@1",
        Inputs = inputs == 0 ? null : new DecisionInputs
        {
            Request = "{}",
            Candidates = ["a"],
            Sources = [1],
            Providers = [""],
            Features = [.. Enumerable.Range(0, inputs).Select(i => $"f{i}")],
            Matrix = [.. Enumerable.Range(0, inputs).Select(i => (float)i)],
        },
    };

    /// <summary>A log whose errors cannot be written, as on a full disk.</summary>
    private sealed class BrokenLog : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error)
            {
                throw new IOException("No space left on device");
            }
        }
    }
}
