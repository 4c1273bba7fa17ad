using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.PointInTime;

public sealed class EarlierConsentsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_withdrew_last_before_the_first_fact_is_nobody_whether_the_journal_has_an_index_or_is_read(bool indexed)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var memory = new MemoryJournal(clock, new MemoryJournalOptions { Partitions = 1 });
        var facts = 0;
        foreach (var (user, personalise) in ((string, bool)[])[("u1", false), ("u2", false), ("u2", true), ("u3", true), ("u3", false)])
        {
            await memory.AppendAsync(new ConsentChanged { Id = $"c{facts++}", User = user, Personalise = personalise }, Cancellation);
        }

        IJournalReader journal = indexed ? memory : new WithoutIndex(memory);
        var persons = new EmbeddedPersonStore(FeatureSet.Create([]).Persons, 1);
        await EarlierConsents.RecallAsync(journal, new SkippingReader(journal, static (_, _) => { }), "default", 0, facts - 1, persons, Cancellation);
        Assert.Equal(0, persons.NextEvent(0));
        var read = new PersonBuffer();
        foreach (var (user, known) in ((string, bool)[])[("u1", false), ("u2", true), ("u3", true), ("u4", true)])
        {
            persons.Observe(new StoredFact(new Position(JournalStream.Events, 0, facts++), new Observed { Id = user, Event = "click", Item = "a", User = user, Received = new UnixMicros(1) }));
            persons.Read("default", user, null, read);
            Assert.Equal(known, read.Knows(PersonEntity.User));
        }
    }

    /// <summary>What reads a journal's files, and finds nothing by key.</summary>
    private sealed class WithoutIndex(IJournalReader journal) : IJournalReader
    {
        public int Partitions(JournalStream stream) => journal.Partitions(stream);

        public PartitionRange Range(JournalStream stream, int partition) => journal.Range(stream, partition);

        public ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default) =>
            journal.ReadAsync(stream, partition, from, maxFacts, cancellation);

        public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default) =>
            journal.SeekAsync(stream, partition, time, cancellation);
    }
}
