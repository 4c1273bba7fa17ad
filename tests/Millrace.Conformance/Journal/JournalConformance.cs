using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Conformance.Journal;

/// <summary>What every adapter of <see cref="IJournal"/> does: the port's full specification.</summary>
public abstract class JournalConformance
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    protected FakeTimeProvider Clock { get; } = new(Start);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>An empty journal with two partitions on <see cref="Clock"/>.</summary>
    protected abstract ValueTask<IJournal> OpenAsync();

    /// <summary>Such a journal with room for 20 facts at least, and what makes it refuse a further 40: in one partition of events alone, if its partitions can fail apart.</summary>
    protected abstract ValueTask<(IJournal Journal, Action Refuse)> OpenScantAsync();

    [Fact]
    public async Task Control_has_one_partition_and_other_streams_have_as_many_as_configured()
    {
        await using var journal = await OpenAsync();
        Assert.Equal(1, journal.Partitions(JournalStream.Control));
        Assert.Equal(2, journal.Partitions(JournalStream.Events));
        Assert.Equal(new PartitionRange(0, 0), journal.Range(JournalStream.Items, 1));
    }

    [Fact]
    public async Task A_fact_is_read_back_as_it_was_appended_with_the_time_it_was_received()
    {
        await using var journal = await OpenAsync();
        foreach (var fact in SampleFacts.OfEveryType())
        {
            var position = await journal.AppendAsync(fact, Cancelled);
            var stored = Assert.Single(await journal.ReadAsync(position.Stream, position.Partition, position.Offset, 1, Cancelled));
            Assert.Equal(position, stored.Position);
            SampleFacts.AssertSame(fact with { Received = UnixMicros.From(Start) }, stored.Fact);
        }
    }

    [Fact]
    public async Task Offsets_count_from_zero_without_gaps_and_batches_keep_their_order()
    {
        await using var journal = await OpenAsync();
        var facts = Enumerable.Range(0, 50).Select(i => SampleFacts.Click($"e{i}", user: $"u{i % 7}")).ToArray();
        var positions = await journal.AppendAsync(facts, Cancelled);
        Assert.Equal(facts.Length, positions.Length);
        foreach (var partition in positions.Select((p, i) => (p, i)).GroupBy(x => x.p.Partition))
        {
            Assert.Equal(Enumerable.Range(0, partition.Count()).Select(i => (long)i), partition.Select(x => x.p.Offset));
            var read = await journal.ReadAsync(JournalStream.Events, partition.Key, 0, 100, Cancelled);
            Assert.Equal(partition.Select(x => facts[x.i].Id), read.Select(f => f.Fact.Id));
        }
    }

    [Fact]
    public async Task Facts_of_one_user_share_a_partition_and_tenants_are_placed_apart()
    {
        await using var journal = await OpenAsync();
        var positions = await journal.AppendAsync([.. Enumerable.Range(0, 20).Select(i => SampleFacts.Click($"e{i}", "ada"))], Cancelled);
        Assert.Single(positions.Select(p => p.Partition).Distinct());
        var tenants = await journal.AppendAsync(
            [.. Enumerable.Range(0, 20).Select(i => SampleFacts.Click($"t{i}", "ada") with { Tenant = $"tenant{i}" })], Cancelled);
        Assert.Equal(2, tenants.Select(p => p.Partition).Distinct().Count());
    }

    [Fact]
    public async Task Received_never_decreases_within_a_partition()
    {
        await using var journal = await OpenAsync();
        await journal.AppendAsync(Policy(1), Cancelled);
        await journal.AppendAsync(Policy(2) with { Received = UnixMicros.From(Start.AddHours(1)) }, Cancelled);
        await journal.AppendAsync(Policy(3), Cancelled);
        await journal.AppendAsync(Policy(4) with { Received = UnixMicros.From(Start.AddMinutes(1)) }, Cancelled);
        var received = (await journal.ReadAsync(JournalStream.Control, 0, 0, 10, Cancelled)).Select(f => f.Fact.Received.ToDateTimeOffset());
        Assert.Equal([Start, Start.AddHours(1), Start.AddHours(1), Start.AddHours(1)], received);
    }

    [Fact]
    public async Task Reading_at_the_end_is_empty_and_reads_are_bounded()
    {
        await using var journal = await OpenAsync();
        await journal.AppendAsync([.. Enumerable.Range(1, 9).Select(Policy)], Cancelled);
        Assert.Equal(new PartitionRange(0, 9), journal.Range(JournalStream.Control, 0));
        Assert.Empty(await journal.ReadAsync(JournalStream.Control, 0, 9, 10, Cancelled));
        Assert.Equal(["p4", "p5"], (await journal.ReadAsync(JournalStream.Control, 0, 3, 2, Cancelled)).Select(f => f.Fact.Id));
    }

    [Fact]
    public async Task Waiting_completes_when_the_offset_is_there()
    {
        await using var journal = await OpenAsync();
        var second = journal.WaitAsync(JournalStream.Control, 0, 1, Cancelled).AsTask();
        await journal.AppendAsync(Policy(1), Cancelled);
        await journal.WaitAsync(JournalStream.Control, 0, 0, Cancelled);
        Assert.False(second.IsCompleted);
        await journal.AppendAsync(Policy(2), Cancelled);
        await second;
    }

    [Fact]
    public async Task A_wait_ends_when_it_is_cancelled()
    {
        await using var journal = await OpenAsync();
        using var source = new CancellationTokenSource();
        var wait = journal.WaitAsync(JournalStream.Control, 0, 0, source.Token).AsTask();
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task Seeking_finds_the_first_fact_at_or_after_a_time()
    {
        await using var journal = await OpenAsync();
        for (var i = 1; i <= 5; i++)
        {
            await journal.AppendAsync([Policy(i), Policy(i * 100)], Cancelled);
            Clock.Advance(TimeSpan.FromMinutes(1));
        }

        async Task<long> Seek(double minutes) => await journal.SeekAsync(JournalStream.Control, 0, UnixMicros.From(Start.AddMinutes(minutes)), Cancelled);
        Assert.Equal(0, await Seek(-1));
        Assert.Equal(0, await Seek(0));
        Assert.Equal(2, await Seek(0.5));
        Assert.Equal(8, await Seek(4));
        Assert.Equal(10, await Seek(4.1));
    }

    [Fact]
    public async Task Facts_are_found_by_their_id_and_by_their_decision_within_a_tenant()
    {
        await using var journal = await OpenAsync();
        await journal.AppendAsync(
            [
                SampleFacts.Click("e1", "ada") with { Decision = "d1" },
                SampleFacts.Click("e2", "bob") with { Decision = "d1" },
                SampleFacts.Click("e3", "ada") with { Decision = "d2" },
                SampleFacts.Click("e1", "ada") with { Tenant = "other" },
            ],
            Cancelled);
        async Task<string[]> Find(string key, string tenant, int max) =>
            [.. (await journal.FindAsync(JournalStream.Events, key, tenant, max, Cancelled)).Select(f => f.Fact.Id).Order()];
        Assert.Equal(["e1", "e2"], await Find("d1", "default", 10));
        Assert.Single(await Find("d1", "default", 1));
        Assert.Equal(["e3"], await Find("e3", "default", 10));
        Assert.Equal(["e1"], await Find("e1", "other", 10));
        Assert.Empty(await Find("nowhere", "default", 10));
        Assert.Empty(await journal.FindAsync(JournalStream.Decisions, "d1", "default", 10, Cancelled));
    }

    [Fact]
    public async Task A_consumer_continues_where_it_committed()
    {
        await using var journal = await OpenAsync();
        await journal.AppendAsync([.. Enumerable.Range(1, 9).Select(Policy)], Cancelled);
        Assert.Equal(0, await journal.CommittedAsync("folder", JournalStream.Control, 0, Cancelled));
        await journal.CommitAsync("folder", new Position(JournalStream.Control, 0, 4), Cancelled);
        await journal.CommitAsync("other", new Position(JournalStream.Control, 0, 9), Cancelled);
        Assert.Equal(4, await journal.CommittedAsync("folder", JournalStream.Control, 0, Cancelled));
        Assert.Equal(9, await journal.CommittedAsync("other", JournalStream.Control, 0, Cancelled));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../escape")]
    [InlineData(".hidden")]
    [InlineData("Capital")]
    public async Task A_consumer_with_an_unsafe_name_is_refused(string name)
    {
        await using var journal = await OpenAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () => await journal.CommitAsync(name, default(Position) with { Stream = JournalStream.Control }, Cancelled));
    }

    [Fact]
    public async Task A_consumer_cannot_commit_past_the_end()
    {
        await using var journal = await OpenAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await journal.CommitAsync("folder", new Position(JournalStream.Control, 0, 1), Cancelled));
    }

    [Fact]
    public async Task An_id_that_is_empty_too_long_or_has_control_characters_is_refused_and_applies_nothing()
    {
        await using var journal = await OpenAsync();
        foreach (var id in new[] { "", new string('x', 129), "a\nb" })
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await journal.AppendAsync([Policy(1), Policy(2) with { Id = id }], Cancelled));
        }

        Assert.Equal(0, journal.Range(JournalStream.Control, 0).End);
    }

    [Fact]
    public async Task A_batch_that_is_refused_says_of_each_fact_whether_it_is_durable()
    {
        var (journal, refuse) = await OpenScantAsync();
        await using var opened = journal;
        await journal.AppendAsync(Clicks("before", 20), Cancelled);
        refuse();
        var batch = Clicks("batch", 40);
        var refused = await Assert.ThrowsAnyAsync<JournalException>(async () => await journal.AppendAsync(batch, Cancelled));
        var said = refused is JournalPartialException partial ? partial.Positions : new Position?[batch.Length];
        Assert.Equal(batch.Length, said.Count);
        Assert.Contains(null, said);
        for (var i = 0; i < batch.Length; i++)
        {
            var found = await journal.FindAsync(JournalStream.Events, batch[i].Id, "default", 5, Cancelled);
            Assert.Equal(said[i], found.Count == 0 ? null : Assert.Single(found).Position);
        }
    }

    private static Observed[] Clicks(string id, int count) => [.. Enumerable.Range(0, count).Select(i => SampleFacts.Click($"{id}{i}", user: $"u{i % 7}"))];

    private static PolicyChanged Policy(int version) => new() { Id = $"p{version}", Policy = "home", Version = version, Definition = "{}" };
}
