using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.Images;

public sealed class PersonsImageTests
{
    private const int Partitions = 3;

    private static readonly UnixMicros Now = new(1_750_000_000_000_000);
    private static readonly PersonLayout Layout = FeatureSet.Create([]).Persons;

    private static readonly Gen<StoredFact[]> Facts = Gen.Select(Gen.Int[0, Partitions - 1], Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[0, 20]).Array[1, 150].Select(steps =>
    {
        var offsets = new long[Partitions];
        return steps.Select((step, i) => step.Item4 == 20
            ? Stored(step.Item1, offsets[step.Item1]++, new ConsentChanged { Id = $"c{i}", User = $"u{step.Item2}", Personalise = step.Item3 == 0, Time = Now })
            : Event(step.Item1, offsets[step.Item1]++, step.Item3 == 0 ? null : $"u{step.Item2}", step.Item3 == 1 ? null : $"s{step.Item1}-{step.Item2}", $"i{step.Item4}", i)).ToArray();
    });

    [Fact]
    public void A_store_that_goes_on_from_a_snapshot_equals_one_that_folded_all() => Gen.Select(Facts, Gen.Int[0, 100], Gen.Bool, Gen.Int[1, 300]).Sample((facts, percent, late, persons) =>
    {
        using var keys = KeysOf(facts);
        var cut = facts.Length * percent / 100;
        var whole = Folded(facts, keys, 300 * persons);
        var store = Folded(facts[..cut], keys, 300 * persons);
        var image = store.Image(7, Now);
        if (late)
        {
            Array.ForEach(facts[cut..], fact => store.Observe(fact));
        }

        var loaded = Loaded(Written(image), keys, 300 * persons);
        Array.ForEach(facts[(cut / 2)..], fact => loaded.Observe(fact));
        Assert.Equal(Text(whole), Text(loaded));
        if (late)
        {
            Assert.Equal(Text(whole), Text(store));
        }
    });

    [Fact]
    public void Who_is_erased_is_neither_read_back_nor_written_again_though_the_key_is_replaced()
    {
        StoredFact[] facts = [Event(0, 0, "ada", "s1", "a", 0), Event(0, 1, "bob", "s2", "b", 1), Event(0, 2, null, "s1", "c", 2)];
        using var keys = KeysOf(facts);
        var store = Folded(facts, keys);
        var before = Written(store.Image(1, Now));
        Assert.Equal(["s1"], store.SessionsOf("default", "ada"));
        keys.Destroy("default", "ada");
        _ = keys.Read("default", "ada", new byte[32]);
        var after = Written(store.Image(2, Now));
        foreach (var file in (MemoryStream[])[before, after])
        {
            var loaded = Loaded(file, keys);
            Assert.Equal((false, false), Knows(loaded, "ada", "s1"));
            Assert.Equal((true, true), Knows(loaded, "bob", "s2"));
            Assert.True(file.ToArray().AsSpan().IndexOf("ada"u8) < 0);
        }

        store.ForgetErased();
        Assert.Equal((false, false), Knows(store, "ada", "s1"));
        Assert.Equal((true, true), Knows(store, "bob", "s2"));
    }

    [Fact]
    public void A_session_of_more_people_than_can_be_remembered_is_not_written()
    {
        StoredFact[] facts = [.. Enumerable.Range(0, Sealing.Most + 1).Select(i => Event(0, i, $"u{i}", "s", "a", i))];
        using var keys = KeysOf(facts);
        Assert.Equal((true, true), Knows(Loaded(Written(Folded(facts[..^1], keys).Image(1, Now)), keys), "u0", "s"));
        var without = Loaded(Written(Folded(facts, keys).Image(1, Now)), keys);
        Assert.Equal((true, false), Knows(without, "u0", "s"));
        Assert.Equal(1, without.LeftOut);
        Assert.Equal(1, Loaded(Written(without.Image(2, Now)), keys).LeftOut);
        Assert.Equal(0, Loaded(Written(Folded(facts[..^1], keys).Image(1, Now)), keys).LeftOut);
    }

    [Fact]
    public void Who_was_dropped_at_the_bound_is_counted_after_a_restart_too()
    {
        StoredFact[] facts = [.. Enumerable.Range(0, 9).Select(i => Event(0, i, $"u{i}", $"s{i}", "a", i))];
        using var keys = KeysOf(facts);
        var store = Folded(facts, keys, persons: 4);
        Assert.Equal(10, store.Evicted);
        var loaded = Loaded(Written(store.Image(1, Now)), keys, persons: 4);
        Assert.Equal(10, loaded.Evicted);
        loaded.Observe(Event(0, 9, "u1", "s1", "a", 10));
        Assert.Equal(12, loaded.Evicted);
        Assert.Equal(12, Loaded(Written(loaded.Image(2, Now)), keys, persons: 4).Evicted);
    }

    [Fact]
    public void Nobody_who_withdrew_is_followed_again_however_many_withdrew_later()
    {
        StoredFact[] facts =
        [
            .. Enumerable.Range(0, 40).Select(i => Stored(0, i, new ConsentChanged { Id = $"c{i}", User = $"u{i}", Personalise = false, Time = Now + TimeSpan.FromSeconds(i) })),
            .. Enumerable.Range(0, 40).Select(i => Event(0, 40 + i, $"u{i}", $"s{i}", "a", 40 + i)),
        ];
        using var keys = KeysOf(facts);
        var store = Folded(facts, keys, persons: 4);
        var loaded = Loaded(Written(Folded(facts[..40], keys, persons: 4).Image(1, Now)), keys, persons: 4);
        Array.ForEach(facts[40..], fact => loaded.Observe(fact));
        Assert.All(Enumerable.Range(0, 40), i => Assert.Equal((false, false), Knows(store, $"u{i}", $"s{i}")));
        Assert.All(Enumerable.Range(0, 40), i => Assert.Equal((false, false), Knows(loaded, $"u{i}", $"s{i}")));
    }

    [Fact]
    public void Who_is_erased_while_a_snapshot_is_read_is_not_seen_when_it_is_adopted()
    {
        StoredFact[] facts = [Event(0, 0, "ada", "s1", "a", 0), Event(0, 1, "bob", "s2", "b", 1)];
        using var keys = KeysOf(facts);
        var store = new EmbeddedPersonStore(Layout, Partitions, keys: keys);
        var shards = PersonsLoader.Load(Written(Folded(facts, keys).Image(1, Now)), store, Partitions).Shards;
        keys.Destroy("default", "ada");
        EmbeddedPersonStore? adopting = null;
        using var watching = new WatchingKeys(keys, () => Assert.Equal((false, false), Knows(adopting!, "ada", "s1")));
        adopting = new EmbeddedPersonStore(Layout, Partitions, keys: watching);
        adopting.Adopt(shards);
        Assert.True(watching.Asked > 0);
        Assert.Equal((true, true), Knows(adopting, "bob", "s2"));
    }

    [Fact]
    public void Sections_that_both_layouts_know_survive_a_change_of_definitions_where_that_is_asked_for()
    {
        StoredFact[] facts = [Event(0, 0, "ada", "s1", "a", 0)];
        using var keys = KeysOf(facts);
        var file = Written(Folded(facts, keys).Image(1, Now));
        var other = new EmbeddedPersonStore(FeatureSet.Create([], seen: 7).Persons, Partitions, keys: keys);
        Assert.Equal(FeatureSnapshotFault.Definitions, Assert.Throws<FeatureSnapshotException>(() => PersonsLoader.Load(file, other, Partitions)).Fault);
        other.Adopt(PersonsLoader.Load(file, other, Partitions, keepKnown: true).Shards);
        var read = new PersonBuffer();
        other.Read("default", "ada", "s1", read);
        Assert.Equal(1, read.Run(Now).Length);
        Assert.Equal(0, read.Section(PersonEntity.User, PersonLayout.Seen).Length);
    }

    [Fact]
    public void Sections_that_another_version_of_the_fold_filled_are_not_kept_and_links_are()
    {
        StoredFact[] facts = [Event(0, 0, "ada", "s1", "a", 0)];
        using var keys = KeysOf(facts);
        var file = Written(Folded(facts, keys).Image(1, Now));
        var raised = new PersonLayout([], fold: FeatureSet.FoldVersion + 1);
        Assert.NotEqual(Layout.Fingerprint, raised.Fingerprint);
        var store = new EmbeddedPersonStore(raised, Partitions, keys: keys);
        foreach (var keepKnown in (bool[])[false, true])
        {
            Assert.Equal(FeatureSnapshotFault.Definitions, Assert.Throws<FeatureSnapshotException>(() => PersonsLoader.Load(file, store, Partitions, keepKnown)).Fault);
        }

        store.Adopt(PersonsLoader.LoadLinks(file, store, Partitions));
        Assert.Equal(["s1"], store.SessionsOf("default", "ada"));
        Assert.Equal((false, false), Knows(store, "ada", "s1"));
    }

    [Fact]
    public void A_damaged_file_is_refused_wherever_it_is_damaged()
    {
        StoredFact[] facts = [.. Enumerable.Range(0, 20).Select(i => Event(i % Partitions, i / Partitions, $"u{i % 5}", $"s{i % 7}", "a", i))];
        using var keys = KeysOf(facts);
        var file = Written(Folded(facts, keys).Image(1, Now)).ToArray();
        for (var at = 0; at < file.Length; at++)
        {
            var (flipped, cut) = ((byte[])file.Clone(), file[..at]);
            flipped[at] ^= (byte)(1 << (at % 8));
            Assert.Throws<FeatureSnapshotException>(() => Loaded(new MemoryStream(flipped), keys));
            Assert.Throws<FeatureSnapshotException>(() => Loaded(new MemoryStream(cut), keys));
        }

        var body = Resealed.Body(file);
        for (var at = 0; at < body.Length; at++)
        {
            var forged = (byte[])body.Clone();
            forged[at] ^= (byte)(1 << (at % 8));
            try
            {
                Loaded(new MemoryStream(Resealed.With(file, forged)), keys);
            }
            catch (FeatureSnapshotException)
            {
                // Else it was a name of a section, or the id of a key that is not there.
            }
        }
    }

    private static (bool User, bool Session) Knows(EmbeddedPersonStore store, string user, string session)
    {
        var read = new PersonBuffer();
        store.Read("default", user, session, read);
        return (read.Knows(PersonEntity.User), read.Knows(PersonEntity.Session));
    }

    private static MemorySubjectKeys KeysOf(StoredFact[] facts)
    {
        var keys = new MemorySubjectKeys();
        foreach (var subject in facts.Select(fact => fact.Fact.Subject).OfType<string>())
        {
            _ = keys.Read("default", subject, new byte[32]);
        }

        return keys;
    }

    private static EmbeddedPersonStore Folded(StoredFact[] facts, ISubjectKeys keys, int persons = 1_000_000)
    {
        var store = new EmbeddedPersonStore(Layout, Partitions, maxPersons: persons, keys: keys);
        Array.ForEach(facts, fact => store.Observe(fact));
        return store;
    }

    private static MemoryStream Written(PersonsImage image)
    {
        var file = new MemoryStream();
        image.Write(file);
        return file;
    }

    private static EmbeddedPersonStore Loaded(MemoryStream file, ISubjectKeys keys, int persons = 1_000_000)
    {
        var store = new EmbeddedPersonStore(Layout, Partitions, maxPersons: persons, keys: keys);
        store.Adopt(PersonsLoader.Load(file, store, Partitions).Shards);
        return store;
    }

    private static string Text(EmbeddedPersonStore store)
    {
        var lines = Enumerable.Range(0, Partitions).Select(partition => $"{store.NextEvent(partition)}").ToList();
        var read = new PersonBuffer();
        foreach (var user in Enumerable.Range(0, 6).Select(i => $"u{i}"))
        {
            store.Read("default", user, null, read);
            lines.Add($"{user} {Convert.ToHexString(read.Blob(PersonEntity.User))} {string.Join(' ', store.SessionsOf("default", user))}");
        }

        foreach (var session in Enumerable.Range(0, Partitions).SelectMany(partition => Enumerable.Range(0, 6).Select(i => $"s{partition}-{i}")))
        {
            store.Read("default", null, session, read);
            lines.Add($"{session} {Convert.ToHexString(read.Blob(PersonEntity.Session))}");
        }

        return string.Join('\n', lines);
    }

    private static StoredFact Event(int partition, long offset, string? user, string? session, string item, int seconds) => Stored(
        partition, offset, new Observed { Id = $"e{partition}-{offset}", Event = "click", Item = item, User = user, Session = session ?? (user is null ? "nobody" : null), Time = Now + TimeSpan.FromSeconds(seconds) });

    private static StoredFact Stored(int partition, long offset, Fact fact) =>
        new(new Position(JournalStream.Events, partition, offset), fact with { Received = fact.Time });
}
