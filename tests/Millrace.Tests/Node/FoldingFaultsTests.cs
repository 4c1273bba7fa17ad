using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Journal.Segments;
using Millrace.Node;
using Millrace.Tests.Journal;

namespace Millrace.Tests.Node;

/// <summary>Folding on a disk that is full, and over records that cannot be read.</summary>
public sealed class FoldingFaultsTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MemorySubjectKeys _keys = new();
    private readonly FaultyFiles _files = new();
    private readonly Readiness _readiness = new();
    private readonly Meter _meter = new("Millrace.Test");
    private readonly FeatureFolder _folder = new(FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromHours(1))]), new FeatureOptions { LearnItemsFromEvents = true });
    private LocalJournal _journal = null!;
    private FeatureFolding _folding = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _readiness.Release(UnreadyReason.Starting);
        _journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = _directory, Partitions = 1 }, _clock, _keys, _files);
        _folding = new FeatureFolding(_journal, _folder, new EmbeddedPersonStore(_folder.Current.Features.Persons, 1), _clock, _readiness, _meter, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _folding.DisposeAsync();
        await _journal.DisposeAsync();
        _keys.Dispose();
        _meter.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Folding_goes_on_while_the_disk_is_full_and_the_next_epoch_is_recorded_when_there_is_room()
    {
        _files.Only = Path.Combine("decisions", "0");
        _files.Full = true;
        await AppendAsync("story-1");
        await _folding.StepAsync(Cancellation);
        await AppendAsync("story-2");
        await _folding.StepAsync(Cancellation);
        Assert.NotNull(_folder.Current.Find("story-2"));
        Assert.Equal(0, _journal.Range(JournalStream.Decisions, 0).End);

        _files.Full = false;
        _clock.Advance(EpochFreezer.IdleInterval);
        await _folding.StepAsync(Cancellation);
        var recorded = Assert.Single(await _journal.ReadAsync(JournalStream.Decisions, 0, 0, 10, Cancellation));
        Assert.Equal(3, Assert.IsType<EpochFrozen>(recorded.Fact).Epoch);
    }

    [Fact]
    public async Task A_decision_stream_at_fault_holds_readiness_and_folding_goes_on()
    {
        _files.Only = Path.Combine("decisions", "0");
        _files.SyncFails = true;
        await AppendAsync("story-1");
        await _folding.StepAsync(Cancellation);
        Assert.NotNull(_folder.Current.Find("story-1"));
        Assert.Contains(UnreadyReason.JournalFault, _readiness.Reasons);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_record_that_is_no_fact_is_skipped_and_counted_and_the_others_are_folded(int bad)
    {
        for (var i = 0; i < 3; i++)
        {
            await AppendAsync($"story-{i}");
        }

        Rewrite(bad, holds: true);
        var skipped = 0L;
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Meter == _meter && instrument.Name == "millrace.features.skipped") l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => skipped += count);
        listener.Start();
        await _folding.StepAsync(Cancellation);
        Assert.Equal(1, skipped);
        Assert.Equal(0, _folding.Lag);
        Assert.Equal(Enumerable.Range(0, 3).Where(i => i != bad), Enumerable.Range(0, 3).Where(i => _folder.Current.Find($"story-{i}") is not null));
    }

    [Fact]
    public async Task A_damaged_partition_holds_readiness_while_the_others_are_folded()
    {
        await AppendAsync("story-0");
        await AppendAsync("story-1");
        Rewrite(0, holds: false);
        await _journal.AppendAsync(new Observed { Id = "e1", Event = "click", Item = "story-2", User = "u" }, Cancellation);
        _folding.Start();
        await _journal.WaitAsync(JournalStream.Decisions, 0, 0, Cancellation);
        await _folding.DisposeAsync();
        Assert.NotNull(_folder.Current.Find("story-2"));
        Assert.Contains(UnreadyReason.FeaturesStalled, _readiness.Reasons);
        Assert.Contains(UnreadyReason.FeaturesCatchingUp, _readiness.Reasons);
    }

    private async Task AppendAsync(string item) =>
        await _journal.AppendAsync(new ItemChanged { Id = $"fact-{item}", Item = item, Time = UnixMicros.Now(_clock) }, Cancellation);

    /// <summary>Gives the item fact at an offset a seal that no release knows, under a checksum that holds or not.</summary>
    private void Rewrite(int offset, bool holds)
    {
        using var file = File.OpenHandle(Path.Combine(_directory, "items", "0", "00000000000000000000.seg"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var bytes = new byte[RandomAccess.GetLength(file)];
        RandomAccess.Read(file, bytes, 0);
        var facts = 0;
        for (var at = SegmentHeader.Bytes; ; at += Frame.HeadBytes + Frame.Length(bytes.AsSpan(at)))
        {
            var head = bytes.AsSpan(at);
            if (Frame.Kind(head) != FrameKind.Fact || facts++ != offset)
            {
                continue;
            }

            var frame = head[..(Frame.HeadBytes + Frame.Length(head))];
            frame[^1] = 9;
            if (holds)
            {
                Frame.WriteFact(frame, offset, Frame.Received(frame));
            }

            RandomAccess.Write(file, frame, at);
            return;
        }
    }
}
