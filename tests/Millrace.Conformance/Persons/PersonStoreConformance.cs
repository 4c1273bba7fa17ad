using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Conformance.Persons;

/// <summary>What every adapter of <see cref="IPersonStore"/> does.</summary>
public abstract class PersonStoreConformance
{
    private const int Partitions = 3;

    private static readonly UnixMicros Now = new(1_750_000_000_000_000);

    private static readonly PersonLayout Layout = FeatureSet.Create(
    [
        new PersonCountFeature("clicks", FeatureEntity.User, "click", TimeSpan.FromDays(7)),
        new PersonSumFeature("dwelt", FeatureEntity.Session, "dwell", "s", TimeSpan.FromHours(2)),
        new PersonDecayedFeature("hot", FeatureEntity.User, "click", TimeSpan.FromHours(1)),
        new PastFeature("past", FeatureEntity.User, "click", TimeSpan.FromDays(7)),
        new PersonAgeFeature("idle", FeatureEntity.User, "click", TimeSpan.FromDays(1)),
    ]).Persons;

    private readonly PersonBuffer _read = new();

    /// <param name="layout">The sections.</param>
    /// <param name="partitions">Of events.</param>
    /// <param name="keys">The keys of persons.</param>
    protected abstract IPersonStore Open(PersonLayout layout, int partitions, ISubjectKeys keys);

    [Fact]
    public void What_a_person_did_is_read_at_once_with_how_far_it_is_folded()
    {
        var store = Open();
        store.Observe(Event(1, 7, "a", "u1", "s1"));
        var read = Read(store, "u1", "s1");
        Assert.True(read.Knows(PersonEntity.User) && read.Knows(PersonEntity.Session));
        Assert.Equal([ItemHash.Of("a")], Run(read));
        Assert.Equal(8, read.Folded[1]);
        Assert.Equal(Partitions, read.Folded.Length);
    }

    [Fact]
    public void A_session_knows_its_own_and_a_user_that_of_all_sessions()
    {
        var store = Open();
        store.Observe(Event(0, 0, "a", "u1", "s1"));
        store.Observe(Event(0, 1, "b", "u1", "s2", second: 1));
        Assert.Equal([ItemHash.Of("a")], Run(Read(store, "u1", "s1")));
        Assert.Equal([ItemHash.Of("b"), ItemHash.Of("a")], Run(Read(store, "u1", null)));
        Assert.False(Read(store, null, "s2").Knows(PersonEntity.User));
        Assert.False(Read(store, "u1", null).Knows(PersonEntity.Session));
    }

    [Fact]
    public void Nobody_is_known_of_another_tenant_or_another_name_and_where_none_is_named()
    {
        var store = Open();
        store.Observe(Event(0, 0, "a", "u1", "s1"));
        foreach (var (tenant, user, session) in ((string, string?, string?)[])[("other", "u1", "s1"), ("default", "s1", "u1"), ("default", "u", "s"), ("default", null, null)])
        {
            store.Read(tenant, user, session, _read);
            Assert.False(_read.Knows(PersonEntity.User) || _read.Knows(PersonEntity.Session));
        }

        Assert.True(_read.Folded.IsEmpty);
    }

    [Fact]
    public void A_buffer_that_is_read_into_again_holds_nothing_of_who_was_in_it()
    {
        var store = Open();
        store.Observe(Event(0, 0, "a", "u1", "s1"));
        Assert.NotEmpty(Run(Read(store, "u1", "s1")));
        Read(store, "u2", "s2");
        Assert.Empty(Run(_read));
        Assert.True(_read.Blob(PersonEntity.User).IsEmpty && _read.Blob(PersonEntity.Session).IsEmpty);
    }

    [Fact]
    public void What_was_read_is_a_copy()
    {
        var store = Open();
        store.Observe(Event(0, 0, "a", "u1", "s1"));
        var before = Text(Read(store, "u1", "s1"));
        store.Observe(Event(0, 1, "b", "u1", "s1", second: 1));
        Assert.Equal(before, Text(_read));
        Assert.NotEqual(before, Text(Read(store, "u1", "s1")));
    }

    [Fact]
    public void Facts_that_were_folded_and_those_of_other_streams_change_nothing()
    {
        var store = Open();
        StoredFact[] facts = [Event(0, 5, "a", "u1", "s1"), Event(1, 3, "b", "u1", "s1", second: 1)];
        Array.ForEach(facts, fact => store.Observe(fact));
        var before = Text(Read(store, "u1", "s1"));
        Array.ForEach(facts, fact => store.Observe(fact));
        store.Observe(Event(0, 4, "c", "u1", "s1", second: 2));
        store.Observe(new StoredFact(new Position(JournalStream.Items, 0, 9), new ItemChanged { Id = "i", Item = "a", Time = Now, Received = Now }));
        Assert.Equal(before, Text(Read(store, "u1", "s1")));
    }

    [Fact]
    public void Any_interleaving_of_partitions_gives_the_bytes_of_folding_each_person_alone() =>
        Gen.Select(Gen.Int[0, Partitions - 1], Gen.Int[0, 20], Gen.Int[0, 7_000], Gen.Int[0, 3], Gen.Int[0, 3]).Array[1, 150].Sample(steps =>
        {
            var offsets = new long[Partitions];
            StoredFact[] facts =
                [.. steps.Select(step => Event(step.Item1, offsets[step.Item1]++, $"i{step.Item2}", $"u{step.Item4}", $"s{step.Item4 + step.Item5}", step.Item3, step.Item5 == 3 ? "dwell" : "click"))];
            var (mixed, apart) = (Open(), Open());
            Array.ForEach(facts, fact => mixed.Observe(fact));
            Array.ForEach([.. facts.OrderByDescending(fact => fact.Position.Partition).ThenBy(fact => fact.Position.Offset)], fact => apart.Observe(fact));
            for (var person = 0; person < 7; person++)
            {
                var one = Text(Read(mixed, $"u{person}", $"s{person}"));
                Assert.Equal(one, Text(Read(apart, $"u{person}", $"s{person}")));
                Assert.Equal(Alone(facts, PersonEntity.User, $"u{person}"), Sections(_read, PersonEntity.User));
                Assert.Equal(Alone(facts, PersonEntity.Session, $"s{person}"), Sections(_read, PersonEntity.Session));
            }
        }, iter: 100, threads: 1);

    [Fact]
    public void Who_withdraws_is_nobody_until_it_is_given_again_and_what_was_before_is_gone()
    {
        var store = Open();
        store.Observe(Event(0, 0, "a", "u1", "s1"));
        store.Observe(Event(0, 1, "a", "u2", "s2"));
        store.Observe(Consent(0, 2, "u1", personalise: false));
        store.Observe(Event(0, 3, "b", "u1", "s1", second: 1));
        Read(store, "u1", "s1");
        Assert.False(_read.Knows(PersonEntity.User) || _read.Knows(PersonEntity.Session));
        Assert.True(_read.Folded.IsEmpty);
        Assert.NotEmpty(Run(Read(store, "u2", "s2")));
        store.Observe(Consent(0, 4, "u1", personalise: true));
        store.Observe(Event(0, 5, "c", "u1", "s1", second: 2));
        Assert.Equal([ItemHash.Of("c")], Run(Read(store, "u1", "s1")));
    }

    [Fact]
    public void Forgetting_a_user_takes_the_sessions_along_that_are_known_to_be_the_users()
    {
        var store = Open();
        store.Observe(Event(0, 0, "a", "u1", "s1"));
        store.Observe(Event(1, 0, "a", "u1", "s2", second: 1));
        store.Observe(Event(1, 1, "a", "u2", "s3", second: 2));
        Assert.Equal(["s1", "s2"], store.SessionsOf("default", "u1"));
        Assert.Empty(store.SessionsOf("other", "u1"));
        store.Forget("default", "u1", null);
        Assert.False(Read(store, "u1", "s1").Knows(PersonEntity.User) || _read.Knows(PersonEntity.Session) || Read(store, null, "s2").Knows(PersonEntity.Session));
        Assert.True(Read(store, "u2", "s3").Knows(PersonEntity.User) && _read.Knows(PersonEntity.Session));
        Assert.Empty(store.SessionsOf("default", "u1"));
    }

    [Fact]
    public void Forgetting_a_session_leaves_its_user()
    {
        var store = Open();
        store.Observe(Event(0, 0, "a", "u1", "s1"));
        store.Forget("default", null, "s1");
        Assert.True(Read(store, "u1", "s1").Knows(PersonEntity.User));
        Assert.False(_read.Knows(PersonEntity.Session));
    }

    [Fact]
    public void Whoever_has_no_key_any_more_is_forgotten_and_comes_back_as_somebody_new()
    {
        using var keys = new MemorySubjectKeys();
        var store = Open(Layout, Partitions, keys);
        keys.Read("default", "u1", stackalloc byte[32]);
        keys.Read("default", "u2", stackalloc byte[32]);
        store.Observe(Event(0, 0, "a", "u1", "s1"));
        store.Observe(Event(0, 1, "a", "u2", "s2"));
        keys.Destroy("default", "u1");
        store.ForgetErased();
        Assert.False(Read(store, "u1", "s1").Knows(PersonEntity.User) || _read.Knows(PersonEntity.Session));
        Assert.True(Read(store, "u2", "s2").Knows(PersonEntity.User));
        Assert.Empty(store.SessionsOf("default", "u1"));
        keys.Read("default", "u1", stackalloc byte[32]);
        store.Observe(Event(0, 2, "b", "u1", "s1", second: 1));
        Assert.Equal([ItemHash.Of("b")], Run(Read(store, "u1", "s1")));
    }

    [Fact]
    public async Task What_is_read_beside_the_writer_is_what_its_cut_says()
    {
        StoredFact[] facts = [.. Enumerable.Range(0, 20_000).Select(i => Event(0, i, $"i{i % 7}", $"u{i % 3}", $"s{i % 4}", i / 100))];
        var store = Open();
        var found = new List<(long Cut, int Person, string Text)>();
        var writing = Task.Run(() => Array.ForEach(facts, fact => store.Observe(fact)), TestContext.Current.CancellationToken);
        for (var i = 0; !writing.IsCompleted; i = (i + 1) % 12)
        {
            Read(store, $"u{i % 3}", $"s{i % 4}");
            found.Add((_read.Folded[0], i, Text(_read)));
        }

        await writing;
        var (alone, folded) = (Open(), 0);
        foreach (var (cut, person, text) in found.OrderBy(one => one.Cut))
        {
            while (folded < cut)
            {
                alone.Observe(facts[folded++]);
            }

            Assert.Equal(Text(Read(alone, $"u{person % 3}", $"s{person % 4}")), text);
        }
    }

    private IPersonStore Open()
    {
        // The journal gives everybody a key before a fact about them can be read.
        var keys = new MemorySubjectKeys();
        Span<byte> secret = stackalloc byte[32];
        for (var person = 0; person < 10; person++)
        {
            keys.Read("default", $"u{person}", secret);
            keys.Read("default", $"s{person}", secret);
        }

        return Open(Layout, Partitions, keys);
    }

    private PersonBuffer Read(IPersonStore store, string? user, string? session)
    {
        store.Read("default", user, session, _read);
        return _read;
    }

    private static ulong[] Run(PersonBuffer person)
    {
        var items = new List<ulong>();
        foreach (var entry in person.Run(Now + TimeSpan.FromMinutes(1)))
        {
            items.Add(entry.Item);
        }

        return [.. items];
    }

    private static string Text(PersonBuffer person) =>
        $"{string.Join('\n', Sections(person, PersonEntity.User))}\n{string.Join('\n', Sections(person, PersonEntity.Session))}";

    private static string[] Sections(PersonBuffer person, PersonEntity of) =>
        [.. Enumerable.Range(0, Layout.Keys(of).Length).Select(section => Convert.ToHexString(person.Section(of, section)))];

    /// <summary>The sections of one person, from nothing but that person's events in the order of their times.</summary>
    private static string[] Alone(StoredFact[] facts, PersonEntity of, string id)
    {
        var sections = Layout.Keys(of).Length;
        var blob = new PersonBlob(sections);
        foreach (var observed in facts.Select(fact => (Observed)fact.Fact).Where(fact => (of == PersonEntity.User ? fact.User : fact.Session) == id).OrderBy(fact => fact.Time))
        {
            Layout.Apply(of, new FoldedEvent { Fact = observed, Time = observed.Time.Value, Item = ItemHash.Of(observed.Item), Row = -1 }, blob);
        }

        return [.. Enumerable.Range(0, sections).Select(section => Convert.ToHexString(PersonBlob.SectionOf(blob.Bytes, sections, section)))];
    }

    private static StoredFact Consent(int partition, long offset, string user, bool personalise) => new(
        new Position(JournalStream.Events, partition, offset), new ConsentChanged { Id = $"c{offset}", User = user, Personalise = personalise, Time = Now, Received = Now });

    private static StoredFact Event(int partition, long offset, string item, string user, string session, int second = 0, string name = "click") => new(
        new Position(JournalStream.Events, partition, offset),
        new Observed
        {
            Id = $"e{partition}-{offset}",
            Event = name,
            Item = item,
            User = user,
            Session = session,
            ValueMicros = name == "dwell" ? 1_500_000 : null,
            Unit = name == "dwell" ? "s" : null,
            Time = Now + TimeSpan.FromSeconds(second),
            Received = Now + TimeSpan.FromSeconds(second),
        });
}
