using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Node;
using Millrace.Node.Neighbours;
using Millrace.Tests.Api;

namespace Millrace.Tests.Node;

/// <summary>The indexes of a generation that takes over are built before it serves, and are the ones that serve then.</summary>
public sealed class NeighbourFeedsTests : IDisposable
{
    private static readonly Policy Recent = new() { Name = "home", Candidates = [new CandidateSource(CandidateSourceKind.Recent, 5)] };
    private static readonly Policy Near = new() { Name = "home", Candidates = [new CandidateSource(CandidateSourceKind.Neighbours, 5) { Feature = "near" }] };

    private readonly Meter _meter = new("Millrace.Test");

    public void Dispose() => _meter.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task What_takes_over_has_its_index_first_and_keeps_it()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var (old, _) = Generation(Recent);
        var (next, folder) = Generation(Near);
        var table = new ServingTable(old);
        using var feeds = new NeighbourFeeds(table, TimeProvider.System, _meter, NullLogger.Instance, new Readiness());
        Assert.Empty(feeds.Indexes);
        while (!feeds.Prepare(next))
        {
            Assert.Empty(feeds.Indexes);
            cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        table.Swap(next);
        feeds.TookOver();
        var index = Assert.Single(feeds.Indexes);
        Assert.Equal(100, index.State.Rows);
        Put(folder, 100);
        folder.Freeze(UnixMicros.Now(TimeProvider.System));
        feeds.Wake();
        Assert.True(await ApiNode.UntilAsync(() => index.State.Rows == 101 && feeds.LagOf(index) == TimeSpan.Zero, cancellation));
        Assert.Same(index, Assert.Single(feeds.Indexes));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reload_of_policies_builds_what_they_need_and_lets_go_of_the_rest()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var (serving, _) = Generation(Near);
        var table = new ServingTable(serving);
        using var feeds = new NeighbourFeeds(table, TimeProvider.System, _meter, NullLogger.Instance, new Readiness());
        Assert.True(await ApiNode.UntilAsync(() => feeds.Indexes is [{ State.Rows: 100 }], cancellation));
        table.Swap(serving with { Policies = PolicySet.Create([Recent], [], serving.Policies.Features) });
        feeds.Wake();
        Assert.True(await ApiNode.UntilAsync(() => feeds.Indexes.Count == 0, cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_node_that_begins_is_ready_when_its_indexes_hold_what_was_folded()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var (serving, folder) = Generation(Near);
        var readiness = new Readiness();
        using var feeds = new NeighbourFeeds(new ServingTable(serving), TimeProvider.System, _meter, NullLogger.Instance, readiness);

        // It holds what was folded so far, and there is more in the journal.
        Assert.True(await ApiNode.UntilAsync(() => feeds.Indexes is [{ State.Rows: 100 }], cancellation));
        Assert.Contains(UnreadyReason.NeighboursBuilding, readiness.Reasons);
        Put(folder, 100);
        folder.Freeze(UnixMicros.Now(TimeProvider.System));
        feeds.CaughtUp();
        Assert.True(await ApiNode.UntilAsync(() => !readiness.Reasons.Contains(UnreadyReason.NeighboursBuilding), cancellation));
        Assert.Equal(101, Assert.Single(feeds.Indexes).State.Rows);
    }

    [Fact]
    public void A_node_is_ready_without_an_index_where_that_takes_too_long_has_failed_or_is_not_wanted()
    {
        var clock = new FakeTimeProvider();
        var readiness = new Readiness();
        readiness.Release(UnreadyReason.Starting);
        using (var never = new NeighbourReadiness(readiness, clock, isWanted: false)) Assert.True(readiness.IsReady);
        using (var slow = new NeighbourReadiness(readiness, clock, isWanted: true))
        {
            clock.Advance(NeighbourReadiness.Longest);
            Assert.False(readiness.IsReady);
            slow.CaughtUp(Generation(Near).Serving.Snapshot);
            clock.Advance(NeighbourReadiness.Longest - TimeSpan.FromSeconds(1));
            Assert.False(readiness.IsReady);
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.True(readiness.IsReady);
        }

        using var failed = new NeighbourReadiness(readiness, clock, isWanted: true);
        Assert.False(readiness.IsReady);
        failed.Followed(null);
        Assert.True(readiness.IsReady);
    }

    [Fact]
    public void A_node_is_ready_in_time_though_nobody_can_say_what_its_indexes_should_hold()
    {
        var clock = new FakeTimeProvider();
        var readiness = new Readiness();
        readiness.Release(UnreadyReason.Starting);
        using var torn = new NeighbourReadiness(readiness, clock, isWanted: true);
        for (var half = 0; half < 2; half++)
        {
            // It is tried again, and the second try puts nothing off.
            Assert.Throws<InvalidOperationException>(() => torn.CaughtUp(() => throw new InvalidOperationException("no snapshot")));
            Assert.False(readiness.IsReady);
            clock.Advance(NeighbourReadiness.Longest / 2);
        }

        Assert.True(readiness.IsReady);
    }

    private static (Serving Serving, FeatureFolder Folder) Generation(Policy policy)
    {
        var features = FeatureSet.Create([new EmbeddingSimilarityFeature("near", FeatureEntity.User, "click", 8)], PolicyWindows.Of([policy]));
        var folder = new FeatureFolder(features, new FeatureOptions());
        for (var item = 0; item < 100; item++) Put(folder, item);
        folder.Freeze(UnixMicros.Now(TimeProvider.System));
        var serving = new Serving(PolicySet.Create([policy], [], features), () => folder.Current, new EmbeddedPersonStore(features.Persons, 1))
        {
            Neighbours = new NeighbourIndexes(new NeighbourOptions { Least = 0 }),
        };
        return (serving, folder);
    }

    private static void Put(FeatureFolder folder, int item) => folder.Apply(new StoredFact(
        new Position(JournalStream.Items, 0, item),
        new ItemChanged { Id = $"p{item}", Item = $"i{item}", Time = UnixMicros.Now(TimeProvider.System), Embedding = [1, item, 0, 0, 0, 0, 0, 1] }));
}
