using System.Buffers.Binary;
using System.Text;
using Millrace.Features.Images;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Tests.Journal;

namespace Millrace.Tests.Api;

/// <summary>DELETE /v1/users/{id}.</summary>
public sealed class ErasureTests : IDisposable
{
    private const string User = "ada/größe-very-particular";
    private const string Session = "a-session+very~particular";
    private const string Land = "land-of-very-particular";
    private const string Path = "/v1/users/ada%2Fgr%C3%B6%C3%9Fe-very-particular";

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task An_erased_user_cannot_be_read_or_found_again_and_another_stays()
    {
        string key;
        await using (var node = await ApiNode.StartAsync(_data, Cancellation))
        {
            key = node.Key;
            await FillAsync(node, "one", User, Session, Land);
            await FillAsync(node, "two", "bob", "bobs-session", "elsewhere");
            var erased = await node.SendAsync(HttpMethod.Delete, $"{Path}?session={Uri.EscapeDataString(Session)}&session=unheard-of", null, null, Cancellation);
            Assert.Equal((200, true, 1, "control"), (erased.Status, (bool)erased.Json["erased"]!, (int)erased.Json["sessions"]!, (string?)erased.Json["position"]!["stream"]));
            Assert.Empty(FileScan.Find(_data, User, Session, Land));
            AssertNoOwner(User);
            AssertNoOwner(Session);
            await AssertFactsAsync(node);

            // A repeat is an erasure of nobody; what was remembered of the decision is gone, that its id was used is not.
            var again = await node.SendAsync(HttpMethod.Delete, Path, null, null, Cancellation);
            Assert.Equal((200, false, 0), (again.Status, (bool)again.Json["erased"]!, (int)again.Json["sessions"]!));
            Assert.Null(node.Services.Api!.Recall("default", "d-one"));
            Assert.NotNull(node.Services.Api.Recall("default", "d-two"));
        }

        Assert.Empty(FileScan.Find(_data, User, Session, Land));
        await using var restarted = await ApiNode.StartAsync(_data, Cancellation, key);
        await AssertFactsAsync(restarted);
        Assert.Empty(FileScan.Find(_data, User, Session, Land));

        // The same event again is still the same; with another item it is not.
        Assert.Equal((0, 1), await EventAsync(restarted, "e-one", User, Session, "i", "d-one"));
        Assert.Equal((0, 0), await EventAsync(restarted, "e-one", User, Session, "other", "d-one"));

        // The id is free for a new person.
        Assert.Equal((1, 0), await EventAsync(restarted, "new", User, Session, "i"));
        Assert.Equal(User, ((Observed)await FactAsync(restarted, JournalStream.Events, "new")).User);
    }

    /// <summary>Snapshots of features are taken each second, before the erasure and after it; what they hold of the person is lost with the key.</summary>
    [Fact]
    public async Task Snapshots_of_features_name_nobody_and_lose_the_erased()
    {
        string key;
        var features = System.IO.Path.Combine(_data, "features");
        await using (var node = await ApiNode.StartAsync(_data, Cancellation, settings: "folding.checkpoint=1s"))
        {
            key = node.Key;
            await FillAsync(node, "one", User, Session, Land);
            await FillAsync(node, "two", "bob", "bobs-session", "elsewhere");
            await SnapshotAsync(node, features);
            Assert.Empty(FileScan.Find(features, User, Session, Land, "bobs-session"));
            Assert.Equal([Session], node.Services.Persons.SessionsOf("default", User));

            // The session is not named: the store knows whose it is, and the event that names it alone is erased with it.
            Assert.Equal(200, (await node.SendAsync(HttpMethod.Delete, Path, null, null, Cancellation)).Status);
            Assert.True((await FactAsync(node, JournalStream.Events, "s-one")).Erased);
            AssertKnown(node, (User, Session), false);
            AssertKnown(node, ("bob", "bobs-session"), true);
            Assert.Equal((1, 0), await EventAsync(node, "e-more", "bob", "bobs-session", "i"));
            await SnapshotAsync(node, features);
            Assert.Empty(FileScan.Find(_data, User, Session, Land));
        }

        Assert.Empty(FileScan.Find(_data, User, Session, Land));
        await using var restarted = await ApiNode.StartAsync(_data, Cancellation, key);
        Assert.True(await restarted.UntilReadyAsync(Cancellation));
        AssertKnown(restarted, (User, Session), false);
        AssertKnown(restarted, ("bob", "bobs-session"), true);
    }

    private static void AssertKnown(ApiNode node, (string User, string Session) person, bool known)
    {
        var read = new PersonBuffer();
        node.Services.Persons.Read("default", person.User, person.Session, read);
        Assert.Equal((known, known), (read.Knows(PersonEntity.User), read.Knows(PersonEntity.Session)));
    }

    /// <summary>Waits for a snapshot that is newer than those that are there.</summary>
    private static async Task SnapshotAsync(ApiNode node, string folder)
    {
        string Newest() => Directory.Exists(folder) ? node.Services.Snapshots.Names(SnapshotKind.Items).FirstOrDefault("") : "";
        var (before, began) = (Newest(), TimeProvider.System.GetTimestamp());
        while (Newest() == before)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "no snapshot came");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }
    }

    [Fact]
    public async Task What_is_kept_of_a_user_is_exported_page_by_page_and_nothing_is_after_the_erasure()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        await FillAsync(node, "one", User, Session, Land);
        await FillAsync(node, "two", "bob", "bobs-session", "elsewhere");
        await node.Services.Decisions.SettleAsync(Cancellation);
        await node.Journal.AppendAsync([.. Enumerable.Range(0, 1_200).Select(i => Click($"m{i}", User, null))], Cancellation);
        Assert.Equal(
            ["c-one", "d-one", "e-one", .. Enumerable.Range(0, 1_200).Select(i => $"m{i}").Order(StringComparer.Ordinal), "s-one"],
            (await ExportAsync(node, $"session={Uri.EscapeDataString(Session)}")).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("s-one", await ExportAsync(node, ""));
        Assert.Equal(400, (await node.SendAsync(HttpMethod.Get, $"{Path}?from=control/0@0", null, null, Cancellation)).Status);
        Assert.Equal(200, (await node.SendAsync(HttpMethod.Get, $"{Path}?from=events/0@{long.MaxValue}", null, null, Cancellation)).Status);
        Assert.Equal(200, (await node.SendAsync(HttpMethod.Delete, Path, null, null, Cancellation)).Status);
        Assert.Empty(await ExportAsync(node, ""));
    }

    /// <summary>The ids of all facts but consents, which have ids of the node's.</summary>
    private static async Task<List<string>> ExportAsync(ApiNode node, string query)
    {
        var ids = new List<string>();
        for (string? next = ""; next is not null;)
        {
            var page = await node.SendAsync(HttpMethod.Get, $"{Path}?{query}{next}", null, null, Cancellation);
            Assert.Equal(200, page.Status);
            var facts = page.Json["facts"]!.AsArray();
            Assert.InRange(facts.Count, 0, 1_000);
            ids.AddRange(facts.Where(fact => (string?)fact!["type"] != "ConsentChanged").Select(fact => (string)fact!["fact"]!["id"]!));
            next = (string?)page.Json["next"] is { } from ? $"{(query.Length > 0 ? "&" : "")}from={from}" : null;
        }

        return ids;
    }

    [Fact]
    public async Task What_the_node_knew_of_the_user_and_the_session_is_forgotten_and_of_others_is_not()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        await FillAsync(node, "one", User, Session, Land);
        await FillAsync(node, "two", "bob", "bobs-session", "elsewhere");
        (string? User, string? Session)[] persons = [(User, null), (null, Session), ("bob", null), (null, "bobs-session")];
        while (!persons.All(person => Knows(node, person.User, person.Session)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }

        await node.SendAsync(HttpMethod.Delete, $"{Path}?session={Uri.EscapeDataString(Session)}", null, null, Cancellation);
        Assert.Equal([false, false, true, true], persons.Select(person => Knows(node, person.User, person.Session)));
    }

    private static bool Knows(ApiNode node, string? user, string? session)
    {
        var buffer = new PersonBuffer();
        node.Services.Persons.Read("default", user, session, buffer);
        return !buffer.Seen(UnixMicros.Now(TimeProvider.System)).IsEmpty;
    }

    [Fact]
    public void The_scan_finds_what_is_planted_in_any_form()
    {
        foreach (var (name, bytes) in FileScan.Forms(User))
        {
            File.WriteAllBytes(System.IO.Path.Combine(_data, "planted"), [1, 2, .. bytes, 3]);
            Assert.Contains(FileScan.Find(_data, User), found => found.Contains(name, StringComparison.Ordinal));
        }

        foreach (var shift in Enumerable.Range(0, 3))
        {
            File.WriteAllText(System.IO.Path.Combine(_data, "planted"), Convert.ToBase64String([.. new byte[shift], .. Encoding.UTF8.GetBytes(User), .. "and more"u8]));
            Assert.Contains(FileScan.Find(_data, User), found => found.Contains($"base64 at {shift}", StringComparison.Ordinal));
        }

        File.Delete(System.IO.Path.Combine(_data, "planted"));
        Assert.Empty(FileScan.Find(_data, User));
    }

    [Fact]
    public async Task Events_and_decisions_of_the_user_under_way_are_erased_or_a_new_persons_and_none_is_refused()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        await FillAsync(node, "one", User, Session, Land);
        var stop = new TaskCompletionSource();
        var sent = 0;
        async Task SendAsync(int worker)
        {
            for (var i = 0; !stop.Task.IsCompleted || i < 20; i++)
            {
                Assert.Equal((1, 0), await EventAsync(node, $"w{worker}-{i}", User, Session, "i"));
                Assert.Equal(200, (await node.PostAsync("/v1/decide", $$"""{"decisionId":"w{{worker}}-{{i}}","surface":"home","user":"{{User}}","candidates":[{"id":"i"}]}""", Cancellation)).Status);
                Interlocked.Increment(ref sent);
            }
        }

        Task[] workers = [.. Enumerable.Range(0, 4).Select(SendAsync)];
        for (var i = 0; i < 30; i++)
        {
            var erased = await node.SendAsync(HttpMethod.Delete, $"{Path}?session={Uri.EscapeDataString(Session)}", null, null, Cancellation);
            Assert.Equal(200, erased.Status);
        }

        stop.SetResult();
        await Task.WhenAll(workers);
        Assert.Equal(200, (await node.SendAsync(HttpMethod.Delete, Path, null, null, Cancellation)).Status);
        var facts = await AllAsync<Observed>(node, JournalStream.Events);
        Assert.Equal(sent + 3, facts.Count);
        Assert.All(facts, fact => Assert.True(fact.Erased || fact.Id == "n-one", fact.Id));
        await node.Services.Decisions.SettleAsync(Cancellation);
        Assert.All(await AllAsync<Decided>(node, JournalStream.Decisions), decided => Assert.True(decided.Erased, decided.Id));
        Assert.Empty(FileScan.Find(_data, User));
    }

    [Fact]
    public async Task An_erasure_that_the_journal_refuses_is_not_acknowledged_and_is_finished_when_it_is_asked_for_again()
    {
        var files = new FaultyFiles();
        await using var api = await ScantApi.StartAsync(_data, files, Cancellation, admin: true, sessionsOf: static (_, user) => [$"{user}s-session"]);
        await api.Journal.AppendAsync([Click("e1", "ada", null), Click("e2", null, "adas-session"), Click("e3", "bob", null)], Cancellation);
        files.Full = true;
        Assert.Equal(503, (await api.DeleteAsync("/v1/users/ada", Cancellation)).Status);
        Assert.Empty(api.Forgotten);
        files.Full = false;
        var erased = await api.DeleteAsync("/v1/users/ada?session=s2", Cancellation);
        Assert.Equal(200, erased.Status);
        Assert.Equal(["ada", "s2", "adas-session"], Assert.Single(api.Forgotten));
        var facts = await api.Journal.ReadAsync(JournalStream.Control, 0, 0, 100, Cancellation);
        var fact = Assert.IsType<UserErased>(Assert.Single(facts).Fact);
        Assert.Equal((32, 2), (fact.Digest.Length, fact.Sessions.Length));
        Assert.DoesNotContain("ada", FactJson.Write(fact), StringComparison.Ordinal);
        foreach (var (id, isErased) in new[] { ("e1", true), ("e2", true), ("e3", false) })
        {
            Assert.Equal(isErased, Assert.Single(await api.Journal.FindAsync(JournalStream.Events, id, "default", 2, Cancellation)).Fact.Erased);
        }
    }

    [Fact]
    public async Task A_decision_that_waits_behind_its_reply_is_erased_with_the_user()
    {
        var waiting = new Decided { Id = "d", Surface = "home", Policy = "home@1", User = "ada" };
        await using var api = await ScantApi.StartAsync(_data, new FaultyFiles(), Cancellation, admin: true, settle: journal => journal.AppendAsync(waiting, Cancellation).AsTask());
        var answer = await api.DeleteAsync("/v1/users/ada", Cancellation);
        Assert.Equal((200, true), (answer.Status, (bool)answer.Json["erased"]!));
        Assert.True(Assert.Single(await api.Journal.FindAsync(JournalStream.Decisions, "d", "default", 2, Cancellation)).Fact.Erased);
    }

    [Fact]
    public async Task An_erasure_that_ends_between_the_keys_still_finds_the_sessions_when_it_is_asked_for_again()
    {
        Stubborn keys = null!;
        await using var api = await ScantApi.StartAsync(
            _data, new FaultyFiles(), Cancellation, admin: true, sessionsOf: static (_, user) => [$"{user}s-session"], guard: inner => keys = new Stubborn(inner));
        await api.Journal.AppendAsync([Click("e1", "ada", "adas-session"), Click("e2", null, "adas-session")], Cancellation);
        keys.Refused = "ada";
        Assert.Equal(503, (await api.DeleteAsync("/v1/users/ada", Cancellation)).Status);
        async Task<bool> IsErasedAsync(string id) => Assert.Single(await api.Journal.FindAsync(JournalStream.Events, id, "default", 2, Cancellation)).Fact.Erased;

        // What says that the session is the user's can still be read.
        Assert.Equal((false, true), (await IsErasedAsync("e1"), await IsErasedAsync("e2")));
        Assert.Empty(await api.Journal.ReadAsync(JournalStream.Control, 0, 0, 100, Cancellation));
        Assert.Empty(api.Forgotten);
        keys.Refused = null;
        Assert.Equal(200, (await api.DeleteAsync("/v1/users/ada", Cancellation)).Status);
        Assert.True(await IsErasedAsync("e1"));
        Assert.Equal(["ada", "adas-session"], Assert.Single(api.Forgotten));
    }

    [Theory]
    [InlineData("/v1/users/ada?sesion=s")]
    [InlineData("/v1/users/ada?session=")]
    [InlineData("/v1/users/%01")]
    public async Task A_misspelt_erasure_erases_nothing(string path)
    {
        await using var api = await ScantApi.StartAsync(_data, new FaultyFiles(), Cancellation, admin: true);
        await api.Journal.AppendAsync(Click("e1", "ada", null), Cancellation);
        var answer = await api.DeleteAsync(path, Cancellation);
        Assert.Equal((400, "urn:millrace:invalid"), (answer.Status, answer.Reason));
        Assert.False(Assert.Single(await api.Journal.FindAsync(JournalStream.Events, "e1", "default", 2, Cancellation)).Fact.Erased);
        Assert.Empty(api.Forgotten);
    }

    private static Observed Click(string id, string? user, string? session) => new() { Id = id, Event = "click", Item = "i", User = user, Session = session };

    /// <summary>A decision with an event of it, an event of the session alone, a consent, and facts with a context; ids bear the tag, which is nothing of the person's.</summary>
    private static async Task FillAsync(ApiNode node, string tag, string user, string session, string land)
    {
        var decided = await node.PostAsync(
            "/v1/decide",
            $$$"""{"decisionId":"d-{{{tag}}}","surface":"home","user":"{{{user}}}","session":"{{{session}}}","context":{"country":"{{{land}}}"},"candidates":[{"id":"i"}]}""",
            Cancellation);
        Assert.Equal(200, decided.Status);
        Assert.Equal((1, 0), await EventAsync(node, $"e-{tag}", user, session, "i", $"d-{tag}"));
        Assert.Equal((1, 0), await EventAsync(node, $"s-{tag}", null, session, "i", $"d-{tag}"));
        Assert.Equal((1, 0), await EventAsync(node, $"n-{tag}", null, null, "i", $"d-{tag}"));
        var consent = await node.SendAsync(
            HttpMethod.Put, $"/v1/users/{Uri.EscapeDataString(user)}/consent", """{"learn":false}"""u8.ToArray(), "application/json", Cancellation);
        Assert.Equal(200, consent.Status);
        await node.Journal.AppendAsync(
            new Decided { Id = $"c-{tag}", Surface = "home", Policy = "home@1", User = user, Context = FactContext.None.Add("region", land) }, Cancellation);
    }

    /// <summary>The key file knows its subjects by a hash that anybody can compute.</summary>
    private void AssertNoOwner(string subject)
    {
        var owner = FactKeys.HashSubject("default", subject);
        var hash = new byte[16];
        foreach (var write in (ReadOnlySpan<Action>)[() => BinaryPrimitives.WriteUInt128LittleEndian(hash, owner), () => BinaryPrimitives.WriteUInt128BigEndian(hash, owner)])
        {
            write();
            Assert.All(Directory.GetFiles(_data, "*", SearchOption.AllDirectories).Where(file => System.IO.Path.GetFileName(file) != "lock"), file => Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(hash) < 0, file));
        }
    }

    private static async Task AssertFactsAsync(ApiNode node)
    {
        foreach (var (tag, isErased) in new[] { ("one", true), ("two", false) })
        {
            foreach (var (stream, id) in new[]
            {
                (JournalStream.Decisions, $"d-{tag}"), (JournalStream.Decisions, $"c-{tag}"), (JournalStream.Events, $"e-{tag}"), (JournalStream.Events, $"s-{tag}"),
            })
            {
                var fact = await FactAsync(node, stream, id);
                Assert.Equal((id, isErased), (fact.Id, fact.Erased));
                Assert.Equal(!isErased, FactJson.Write(fact).Contains("bob", StringComparison.Ordinal));
            }

            var nobodys = (Observed)await FactAsync(node, JournalStream.Events, $"n-{tag}");
            Assert.Equal((false, "home", null), (nobodys.Erased, nobodys.Surface, nobodys.Segment));
        }

        Assert.Equal([false, true], (await AllAsync<ConsentChanged>(node, JournalStream.Events)).Select(consent => consent.Erased).Order());
        var erased = await AllAsync<UserErased>(node, JournalStream.Control);
        Assert.All(erased, fact => Assert.Equal(node.Services.Api!.DigestOf("default", User), fact.Digest));
        Assert.NotEmpty(erased);
    }

    /// <summary>How many events were accepted and how many were duplicates.</summary>
    private static async Task<(int Accepted, int Duplicates)> EventAsync(ApiNode node, string id, string? user, string? session, string item, string? decision = null)
    {
        string Field(string name, string? value) => value is null ? "" : $",\"{name}\":\"{value}\"";
        var answer = await node.PostAsync(
            "/v1/events",
            $$"""{"events":[{"id":"{{id}}","type":"click","item":"{{item}}"{{Field("user", user)}}{{Field("session", session)}}{{Field("decisionId", decision)}}}]}""",
            Cancellation);
        Assert.Equal(202, answer.Status);
        return ((int)answer.Json["accepted"]!, (int)answer.Json["duplicates"]!);
    }

    private static async Task<Fact> FactAsync(ApiNode node, JournalStream stream, string id)
    {
        await node.Services.Decisions.SettleAsync(Cancellation);
        return (await node.Journal.FindAsync(stream, id, "default", 100, Cancellation)).Single(stored => stored.Fact.Id == id).Fact;
    }

    private static async Task<List<T>> AllAsync<T>(ApiNode node, JournalStream stream)
        where T : Fact
    {
        var all = new List<T>();
        for (var partition = 0; partition < node.Journal.Partitions(stream); partition++)
        {
            all.AddRange((await node.Journal.ReadAsync(stream, partition, 0, 1_000_000, Cancellation)).Select(stored => stored.Fact).OfType<T>());
        }

        return all;
    }

    /// <summary>Keys whose disk refuses to let go of one.</summary>
    private sealed class Stubborn(ISubjectKeys inner) : ISubjectKeys
    {
        public string? Refused { get; set; }

        public Guid Set => inner.Set;

        public long Newest => inner.Newest;

        public long Find(string tenant, string subject) => inner.Find(tenant, subject);

        public long Read(string tenant, string subject, Span<byte> secret) => inner.Read(tenant, subject, secret);

        public void Abandon(long id) => inner.Abandon(id);

        public bool TryRead(long id, Span<byte> secret) => inner.TryRead(id, secret);

        public void MakeDurable(long id) => inner.MakeDurable(id);

        public bool Destroy(string tenant, string subject) => subject == Refused ? throw new JournalFaultException("Input/output error") : inner.Destroy(tenant, subject);

        public bool BeginRound() => inner.BeginRound();

        public ISubjectKeySweep BeginSweep() => inner.BeginSweep();

        public void Dispose() => inner.Dispose();
    }
}
