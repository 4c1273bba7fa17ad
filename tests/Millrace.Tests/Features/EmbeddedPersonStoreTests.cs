using System.Diagnostics.Metrics;
using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features;

public sealed class EmbeddedPersonStoreTests
{
    private static readonly UnixMicros Now = new(1_750_000_000_000_000);
    private static readonly PersonLayout Layout = FeatureSet.Create([]).Persons;

    [Fact]
    public void Facts_taken_before_change_nothing_though_the_session_spans_two_partitions()
    {
        var store = new EmbeddedPersonStore(Layout, 2);
        StoredFact[] facts = [Click(0, 5, "a", 1), Click(1, 3, "b", 2), Click(0, 6, "c", 3)];
        Array.ForEach(facts, fact => store.Observe(fact));
        var before = Read(store);
        Array.ForEach(facts, fact => store.Observe(fact));
        store.Observe(Click(1, 2, "d", 4));
        var after = Read(store);
        Assert.Equal(Hashes("c", "b", "a"), Run(after));
        Assert.Equal(before.Blob(PersonEntity.Session).ToArray(), after.Blob(PersonEntity.Session).ToArray());
        Assert.Equal([7L, 4L], after.Folded.ToArray());
    }

    [Fact]
    public void How_partitions_interleave_leaves_no_trace_in_the_bytes() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 30], Gen.Int[0, 3000], Gen.Int[0, 2]).Array[1, 200].Sample(steps =>
        {
            var offsets = new long[3];
            StoredFact[] facts = [.. steps.Select(step => Click(step.Item1, offsets[step.Item1]++, $"i{step.Item2}", step.Item3, "s", Event(step.Item4)))];
            var mixed = new EmbeddedPersonStore(Layout, 3);
            var apart = new EmbeddedPersonStore(Layout, 3);
            Array.ForEach(facts, fact => mixed.Observe(fact));
            Array.ForEach([.. facts.OrderByDescending(fact => fact.Position.Partition).ThenBy(fact => fact.Position.Offset)], fact => apart.Observe(fact));
            var (one, other) = (Read(mixed), Read(apart));
            Assert.Equal(one.Blob(PersonEntity.Session).ToArray(), other.Blob(PersonEntity.Session).ToArray());
            Assert.Equal(one.Blob(PersonEntity.User).ToArray(), other.Blob(PersonEntity.User).ToArray());
            Assert.Equal(one.Folded.ToArray(), other.Folded.ToArray());
            Assert.Equal(Oracle(facts, "click", FeatureOptions.MostRecent), ItemHistory.Entries(one.Section(PersonEntity.User, PersonLayout.Recent)).ToArray());
        });

    [Fact]
    public void A_run_ends_where_its_session_was_idle()
    {
        var store = new EmbeddedPersonStore(Layout, 1);
        var minute = 60;
        store.Observe(Click(0, 0, "old", 0));
        store.Observe(Click(0, 1, "a", 40 * minute));
        store.Observe(Click(0, 2, "b", 60 * minute));
        var read = Read(store);
        Assert.Equal(Hashes("b", "a"), Run(read, 80 * minute));
        Assert.Empty(Run(read, 91 * minute));
    }

    [Fact]
    public void The_least_recently_active_leaves_at_the_bound_and_a_metric_counts_it()
    {
        var hits = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "millrace.features.bounds_hit")
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, added, tags, _) => hits += tags[0].Value as string == "persons" ? (int)added : 0);
        listener.Start();
        var store = new EmbeddedPersonStore(Layout, 1, maxPersons: 2);
        foreach (var (session, offset) in (ReadOnlySpan<(string, int)>)[("s1", 0), ("s2", 1), ("s1", 2), ("s3", 3)])
        {
            store.Observe(Click(0, offset, "a", offset, session) with { Fact = ((Observed)Click(0, offset, "a", offset, session).Fact) with { User = null } });
        }

        Assert.Equal(1, store.Evicted);
        Assert.Equal(1, hits);
        Assert.Empty(Run(Read(store, "s2")));
        Assert.NotEmpty(Run(Read(store, "s1")));
    }

    [Fact]
    public void What_is_forgotten_reads_as_nobody()
    {
        var store = new EmbeddedPersonStore(Layout, 1);
        store.Observe(Click(0, 0, "a", 0));
        store.Forget("default", "u", "s");
        Assert.False(Read(store).Knows(PersonEntity.User) || Read(store).Knows(PersonEntity.Session));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(600)]
    [InlineData(1_000_000)]
    public async Task What_a_reader_finds_beside_the_writer_is_what_its_cut_says_through_withdrawals_too(int maxPersons)
    {
        // One shard, two, and as many as there are.
        StoredFact[] facts = [.. Enumerable.Range(0, 40_000).Select(Mixed)];
        var store = new EmbeddedPersonStore(Layout, 1, maxPersons: maxPersons);
        var found = new List<(long Cut, int Person, string Text)>();
        var writing = Task.Run(() => Array.ForEach(facts, fact => store.Observe(fact)), TestContext.Current.CancellationToken);
        for (var i = 0; !writing.IsCompleted; i = (i + 1) % 12)
        {
            if (Person(store, i) is { Cut: { } cut } read)
            {
                found.Add((cut, i, read.Text));
            }
        }

        await writing;
        var alone = new EmbeddedPersonStore(Layout, 1);
        var folded = 0;
        foreach (var (cut, person, text) in found.OrderBy(one => one.Cut))
        {
            while (folded < cut)
            {
                alone.Observe(facts[folded++]);
            }

            Assert.Equal(Person(alone, person).Text, text);
        }

        static StoredFact Mixed(int i) => i % 5 == 4
            ? new(new Position(JournalStream.Events, 0, i), new ConsentChanged { Id = $"c{i}", User = $"u{i / 5 % 3}", Personalise = i / 15 % 2 == 1, Time = Now, Received = Now })
            : Click(0, i, $"i{i % 7}", i / 100, $"s{i % 4}") is var click && i % 7 == 0
                ? click with { Fact = (Observed)click.Fact with { User = null } }
                : click with { Fact = (Observed)click.Fact with { User = $"u{i % 3}" } };

        static (long? Cut, string Text) Person(EmbeddedPersonStore store, int i)
        {
            var read = new PersonBuffer();
            store.Read("default", i % 3 == 0 ? null : $"u{i % 3}", $"s{i % 4}", read);
            return (read.Folded.IsEmpty ? null : read.Folded[0], $"{Convert.ToHexString(read.Blob(PersonEntity.User))} {Convert.ToHexString(read.Blob(PersonEntity.Session))}");
        }
    }

    [Fact]
    public async Task Cuts_of_readers_beside_the_writer_have_an_order_that_one_fold_can_follow()
    {
        const int Partitions = 4;
        const int Readers = 3;
        const int Enough = 100;
        const int TooMany = 20_000_000; // Seconds: nobody waits so long for a turn.
        var (offsets, seen, ended) = (new long[Partitions], 0, false);
        var store = new EmbeddedPersonStore(Layout, Partitions);
        using var begun = new CountdownEvent(Readers);
        var writing = Task.Factory.StartNew(Write, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var readers = Enumerable.Range(0, Readers).Select(reader => Task.Factory.StartNew(() => Cuts(reader), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await writing;
        var cuts = (await Task.WhenAll(readers)).SelectMany(cut => cut).OrderBy(cut => cut.Sum()).ToArray();
        for (var i = 1; i < cuts.Length; i++)
        {
            Assert.All(cuts[i - 1].Zip(cuts[i]), next => Assert.True(next.First <= next.Second, $"{string.Join(',', cuts[i - 1])} beside {string.Join(',', cuts[i])}"));
        }

        Assert.InRange(cuts.Select(cut => string.Join(',', cut)).Distinct().Count(), Enough, int.MaxValue);

        void Write()
        {
            begun.Wait(TestContext.Current.CancellationToken);

            // On a busy machine readers may not get their turn before so many facts are folded.
            for (var i = 0; i < 60_000 || (i < TooMany && Volatile.Read(ref seen) < Enough && !Volatile.Read(ref ended)); i++)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                store.Observe(Of($"u{i % 11}", Click(i / 3 % Partitions, offsets[i / 3 % Partitions]++, $"i{i % 7}", i / 1000, $"s{i % 13}")));
            }
        }

        static StoredFact Of(string user, StoredFact click) => click with { Fact = (Observed)click.Fact with { User = user } };

        List<long[]> Cuts(int reader)
        {
            var (found, read) = (new List<long[]>(), new PersonBuffer());
            begun.Signal();
            try
            {
                for (var i = reader; !writing.IsCompleted; i++)
                {
                    store.Read("default", $"u{i % 11}", $"s{i % 13}", read);
                    if (found.Count == 0 || !read.Folded.SequenceEqual(found[^1]))
                    {
                        found.Add(read.Folded.ToArray());
                        Volatile.Write(ref seen, Math.Max(found.Count, Volatile.Read(ref seen)));
                    }
                }
            }
            finally
            {
                Volatile.Write(ref ended, true);
            }

            return found;
        }
    }

    [Fact]
    public void Who_else_came_is_not_seen_in_what_a_late_event_goes_on_with()
    {
        var alone = new EmbeddedPersonStore(Layout, 2, maxPersons: 100);
        var beside = new EmbeddedPersonStore(Layout, 2, maxPersons: 100);
        for (var minutes = 10; minutes < 2_000; minutes += 10)
        {
            // Received after the pause, of a time before it.
            var late = Click(0, minutes, "late", minutes * 60) is var click ? click with { Fact = click.Fact with { Time = Now + TimeSpan.FromMinutes(5) } } : default;
            Array.ForEach([Click(0, 0, "before", 0), late], fact => alone.Observe(fact));
            Array.ForEach([Click(0, 0, "before", 0), Click(1, minutes, "other", minutes * 60, "another"), late], fact => beside.Observe(fact));
            Assert.Equal(Run(Read(alone), minutes * 60), Run(Read(beside), minutes * 60));
        }
    }

    private static string Event(int kind) => kind switch { 0 => "click", 1 => "hide", _ => "impression" };

    private static HistoryEntry[] Oracle(StoredFact[] facts, string name, int most) => [.. facts
        .Select(fact => (Observed)fact.Fact)
        .Where(fact => fact.Event == name)
        .GroupBy(fact => fact.Item)
        .Select(item => new HistoryEntry(item.Max(fact => fact.Time.Value), ItemHash.Of(item.Key)))
        .OrderByDescending(entry => entry.Time).ThenBy(entry => entry.Item)
        .Take(most)];

    private static PersonBuffer Read(EmbeddedPersonStore store, string session = "s")
    {
        var buffer = new PersonBuffer();
        store.Read("default", "u", session, buffer);
        return buffer;
    }

    private static ulong[] Run(PersonBuffer person, int seconds = 0)
    {
        var items = new List<ulong>();
        foreach (var entry in person.Run(Now + TimeSpan.FromSeconds(seconds)))
        {
            items.Add(entry.Item);
        }

        return [.. items];
    }

    private static ulong[] Hashes(params string[] items) => [.. items.Select(item => ItemHash.Of(item))];

    private static StoredFact Click(int partition, long offset, string item, int seconds, string session = "s", string name = "click") => new(
        new Position(JournalStream.Events, partition, offset),
        new Observed
        {
            Id = $"e{partition}-{offset}",
            Event = name,
            Item = item,
            Session = session,
            User = "u",
            Time = Now + TimeSpan.FromSeconds(seconds),
            Received = Now + TimeSpan.FromSeconds(seconds),
        });
}
