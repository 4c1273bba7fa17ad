using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.PointInTime;

/// <summary>One half of a walk fails: the other ends with it, and what could not be folded by one is not by the other.</summary>
public sealed class WalkFaultTests : IAsyncDisposable
{
    private const int Events = 30;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryJournal _journal;

    public WalkFaultTests() => _journal = new MemoryJournal(_clock, new MemoryJournalOptions { Partitions = 1 });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _journal.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_persons_cannot_fold_items_do_not_fold_either(bool ahead)
    {
        var set = FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromDays(1)), new PersonCountFeature("mine", FeatureEntity.User, "click", TimeSpan.FromDays(1)), new UnfoldablePersonFeature("planted", "click")]);
        await PlayAsync(set, decisions: 1);
        var visitor = new Visitor();
        var skipped = new List<Position>();
        var walk = new PointInTimeWalk(_journal, set, Options(ahead), (position, _) => skipped.Add(position));
        await walk.RunAsync(visitor, Cancellation);
        Assert.Equal(Enumerable.Range(0, Events).Where(i => i % UnfoldablePersonFeature.Each == 0).Select(i => (long)i), skipped.Select(position => position.Offset));
        var values = new CandidateReader(set, ["clicks"]).Read(visitor.Last!, ["a"]);
        Assert.Equal(Events - skipped.Count, values[0]);
        Assert.Equal((1L, (long)skipped.Count), (walk.Counts.Visited, walk.Counts.Skipped));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_visitor_that_fails_ends_the_walk(bool ahead)
    {
        var set = FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromDays(1))]);
        await PlayAsync(set, decisions: 500);
        var walk = new PointInTimeWalk(_journal, set, Options(ahead));
        await Assert.ThrowsAsync<InvalidOperationException>(() => walk.RunAsync(new Visitor { FailsAt = 3 }, Cancellation));
        Assert.Equal(2, walk.Counts.Visited);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_journal_that_fails_while_persons_are_folded_ends_the_walk(bool ahead)
    {
        var set = FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromDays(1))]);
        await PlayAsync(set, decisions: 1);
        var visitor = new Visitor();
        var walk = new PointInTimeWalk(new FailingReader(_journal, offset: 10), set, Options(ahead));
        await Assert.ThrowsAsync<JournalFaultException>(() => walk.RunAsync(visitor, Cancellation));
        Assert.Equal((11L, 0L), (walk.Folded, walk.Counts.Visited)); // The item and ten events.
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_nothing_was_decided_no_event_is_read(bool ahead)
    {
        var set = FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromDays(1))]);
        await PlayAsync(set, decisions: 0);
        var walk = new PointInTimeWalk(new FailingReader(_journal, offset: 0), set, Options(ahead));
        await walk.RunAsync(new Visitor(), Cancellation);
        Assert.Equal((0L, 0L), (walk.Counts.Visited, walk.Folded));
    }

    private static WalkOptions Options(bool ahead) => new() { From = new UnixMicros(0), To = new UnixMicros(long.MaxValue / 2), PersonsAhead = ahead };

    private async Task PlayAsync(FeatureSet set, int decisions)
    {
        var now = UnixMicros.Now(_clock);
        await _journal.AppendAsync(new ItemChanged { Id = "a", Item = "a", Time = now }, Cancellation);
        for (var i = 0; i < Events; i++)
        {
            await _journal.AppendAsync(new Observed { Id = $"e{i}", Event = "click", Item = "a", User = "u", Session = "s", Rank = i + 1, Time = now }, Cancellation);
        }

        ImmutableArray<Position> cut = [.. new[] { JournalStream.Control, JournalStream.Items, JournalStream.Events }
            .SelectMany(stream => Enumerable.Range(0, _journal.Partitions(stream)).Select(partition => new Position(stream, partition, _journal.Range(stream, partition).End)))];
        _clock.Advance(TimeSpan.FromSeconds(1));
        now = UnixMicros.Now(_clock);
        await _journal.AppendAsync(new EpochFrozen { Id = "epoch:1", Time = now, Epoch = 1, Until = now, Definitions = new FeatureOptions().Fingerprint(set), Cut = cut }, Cancellation);
        for (var i = 0; i < decisions; i++)
        {
            await _journal.AppendAsync(new Decided { Id = $"d{i}", Time = now, Asked = now, Surface = "home", Policy = "home@1", User = "u", UserAhead = [0], Epoch = 1, Slots = [] }, Cancellation);
        }
    }

    private sealed class Visitor : IMomentVisitor
    {
        private int _visits;

        internal int FailsAt { get; init; }

        internal Moment? Last { get; private set; }

        public ValueTask VisitAsync(Moment moment, CancellationToken cancellation)
        {
            Last = moment;
            return ++_visits == FailsAt ? throw new InvalidOperationException("planted") : ValueTask.CompletedTask;
        }
    }

    /// <summary>Cannot read events from an offset on.</summary>
    private sealed class FailingReader(IJournalReader journal, long offset) : IJournalReader
    {
        public int Partitions(JournalStream stream) => journal.Partitions(stream);

        public PartitionRange Range(JournalStream stream, int partition) => journal.Range(stream, partition);

        public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation) => journal.SeekAsync(stream, partition, time, cancellation);

        public ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation) => stream == JournalStream.Events && from >= offset
            ? throw new JournalFaultException("planted")
            : journal.ReadAsync(stream, partition, from, stream == JournalStream.Events ? (int)Math.Min(maxFacts, offset - from) : maxFacts, cancellation);
    }
}
