using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Api;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Node;

namespace Millrace.Tests.Api;

/// <summary>PUT /v1/users/{id}/consent, and what follows from it.</summary>
public sealed class ConsentTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_decision_without_consent_reads_and_records_nobody()
    {
        string key;
        await using (var node = await ApiNode.StartAsync(_data, Cancellation))
        {
            key = node.Key;
            Assert.Equal((true, "u", "s"), await DecidedForAsync(node, "d1"));
            Assert.Equal((false, null, null), await DecidedForAsync(node, "d2", """,{"personalise":false}"""));
            Assert.Equal("""{"personalise":false,"learn":true}""", await PutAsync(node, """{"personalise":false}"""));
            Assert.Equal((false, null, null), await DecidedForAsync(node, "d3"));

            // A request cannot lift what the user withdrew.
            Assert.Equal((false, null, null), await DecidedForAsync(node, "d4", """,{"personalise":true}"""));
        }

        await using var again = await ApiNode.StartAsync(_data, Cancellation, key);
        Assert.Equal((false, null, null), await DecidedForAsync(again, "d5"));
        Assert.Equal("""{"personalise":true,"learn":true}""", await PutAsync(again, """{"personalise":true}"""));
        Assert.Equal((true, "u", "s"), await DecidedForAsync(again, "d6"));
    }

    [Fact]
    public async Task Events_of_a_user_who_does_not_consent_to_learning_are_kept_and_count_in_no_feature()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        await SendAsync(node, "e1");
        Assert.Equal("""{"personalise":true,"learn":false}""", await PutAsync(node, """{"learn":false}"""));
        await SendAsync(node, "e2");
        Assert.Equal("""{"personalise":false,"learn":true}""", await PutAsync(node, """{"learn":true,"personalise":false}"""));
        await SendAsync(node, "e3");
        var events = new List<StoredFact>();
        for (var partition = 0; partition < node.Journal.Partitions(JournalStream.Events); partition++)
        {
            events.AddRange(await node.Journal.ReadAsync(JournalStream.Events, partition, 0, 100, Cancellation));
        }

        Assert.Equal(
            [("e1", false), ("e2", true), ("e3", false)], events.Select(stored => stored.Fact).OfType<Observed>().Select(fact => (fact.Id, fact.Withheld)));

        // What a node folds at its next start: the journal alone decides.
        var folder = new FeatureFolder(FeatureSet.Create([]), new FeatureOptions { LearnItemsFromEvents = true });
        events.ForEach(stored => folder.Apply(stored));
        var snapshot = folder.Freeze(UnixMicros.Now(TimeProvider.System));
        Assert.Equal(2, ((ListedCounts.Frozen)snapshot.State(snapshot.Features.PopularState(FeatureSet.GlobalWindow))).Entries.Total);
    }

    [Fact]
    public async Task A_consent_that_says_nothing_or_comes_with_a_browsers_key_is_refused()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var nothing = await node.SendAsync(HttpMethod.Put, "/v1/users/u/consent", "{}"u8.ToArray(), "application/json", Cancellation);
        Assert.Equal((400, "urn:millrace:invalid"), (nothing.Status, nothing.Reason));
        var browser = node.Services.Keys.Create(KeyScope.Events, "default");
        var refused = await node.SendAsync(HttpMethod.Put, "/v1/users/u/consent", """{"learn":true}"""u8.ToArray(), "application/json", Cancellation, key: browser);
        Assert.Equal((403, "urn:millrace:keyScope"), (refused.Status, refused.Reason));
    }

    [Fact]
    public async Task What_was_withdrawn_is_renewed_before_the_journal_lets_go_of_it_and_the_erased_are_not()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var journal = new MemoryJournal(clock);
        var consents = new Consents(journal);
        var ids = 0;
        async Task SayAsync(string user, bool? personalise, bool? learn)
        {
            var fact = new ConsentChanged { Id = $"c{ids++}", User = user, Personalise = personalise, Learn = learn, Time = UnixMicros.Now(clock) };
            consents.Apply(fact, await journal.AppendAsync(fact, Cancellation), UnixMicros.Now(clock));
        }

        Task<int> RenewAsync() => consents.RenewAsync(UnixMicros.Now(clock), TimeSpan.FromDays(3), () => $"c{ids++}");
        for (var i = 0; i < 300; i++)
        {
            await SayAsync($"u{i}", false, null);
        }

        await SayAsync("u0", null, false);
        await SayAsync("u1", true, null);
        Assert.Equal(0, await RenewAsync());
        clock.Advance(TimeSpan.FromDays(4));
        Assert.Equal(1, await consents.ErasingAsync("default", "u2", () => Task.FromResult(1)));
        Assert.Equal(298, await RenewAsync());
        Assert.Equal(0, await RenewAsync());
        var read = new Consents(journal);
        await read.LoadAsync("default", Cancellation);
        Assert.Equal(
            [new Consent(false, false), new Consent(true, true), new Consent(false, true)], new[] { "u0", "u1", "u299" }.Select(user => read.Of("default", user)));
        Assert.Equal(Consent.Whole, read.Of("other", "u0"));
        Assert.Equal(Consent.Whole, consents.Of("default", "u2"));
    }

    [Theory]
    [InlineData("2026-07-01T12:00:00Z", "Europe/Berlin", "120")]
    [InlineData("2026-01-15T12:00:00Z", "Europe/Berlin", "60")]
    [InlineData("2026-01-15T12:00:00Z", "Asia/Kolkata", "330")]
    [InlineData("2026-01-15T12:00:00Z", "America/St_Johns", "-210")]
    [InlineData("2026-01-15T12:00:00Z", "UTC", "0")]
    public void A_zone_is_resolved_to_minutes_east_at_the_requests_time(string time, string zone, string offset)
    {
        var draft = Read($$$"""{"surface":"home","time":"{{{time}}}","context":{"timezone":"{{{zone}}}"}}""", out _);
        Assert.Equal((zone, offset), (draft!.Context["timezone"], draft.Context["utcOffset"]));
    }

    [Theory]
    [InlineData("""{"timezone":"Europe/Berlni"}""", "/context/timezone")]
    [InlineData("""{"timezone":"../../../etc/passwd"}""", "/context/timezone")]
    [InlineData("""{"timezone":"/usr/share/zoneinfo/UTC"}""", "/context/timezone")]
    [InlineData("""{"timezone":""}""", "/context/timezone")]
    [InlineData("""{"utcOffset":"1h"}""", "/context/utcOffset")]
    [InlineData("""{"utcOffset":"1081"}""", "/context/utcOffset")]
    [InlineData("""{"utcOffset":"60","timezone":"Europe/Berlin"}""", "/context/utcOffset")]
    public void An_unknown_zone_or_offset_is_a_fault_that_names_its_field(string context, string place)
    {
        Assert.Null(Read("{\"surface\":\"home\",\"context\":" + context + "}", out var faults));
        Assert.Equal(place, Assert.Single(faults).Pointer);
    }

    private static DecideDraft? Read(string json, out IReadOnlyList<Millrace.Api.Json.Fault> faults)
    {
        var at = new Millrace.Api.Json.Reading(UnixMicros.From(new DateTimeOffset(2026, 8, 1, 0, 0, 0, TimeSpan.Zero)), 32);
        var verdict = Millrace.Api.Json.StrictJson.Read(Encoding.UTF8.GetBytes(json), DecideShape.One, at, out var draft);
        faults = at.Faults;
        return verdict == Millrace.Api.Json.JsonVerdict.Fits ? draft : null;
    }

    /// <summary>Whether the decision has a subject, and who it was recorded for.</summary>
    private static async Task<(bool Sealed, string? User, string? Session)> DecidedForAsync(ApiNode node, string id, string consent = "")
    {
        var answer = await node.PostAsync(
            "/v1/decide", $$"""{"decisionId":"{{id}}","surface":"home","user":"u","session":"s","candidates":[{"id":"i"}]{{consent.Replace(",{", ",\"consent\":{", StringComparison.Ordinal)}}}""", Cancellation);
        Assert.Equal(200, answer.Status);
        await node.Services.Decisions.SettleAsync(Cancellation);
        var fact = (Decided)Assert.Single(await node.Journal.FindAsync(JournalStream.Decisions, id, "default", 2, Cancellation)).Fact;
        return (fact.Subject is not null, fact.User, fact.Session);
    }

    private static async Task<string> PutAsync(ApiNode node, string consent)
    {
        var answer = await node.SendAsync(HttpMethod.Put, "/v1/users/u/consent", Encoding.UTF8.GetBytes(consent), "application/json", Cancellation);
        Assert.Equal((200, "events"), (answer.Status, (string?)answer.Json["position"]!["stream"]));
        var reply = answer.Json.AsObject();
        reply.Remove("position");
        return reply.ToJsonString();
    }

    private static async Task SendAsync(ApiNode node, string id)
    {
        var answer = await node.PostAsync("/v1/events", $$"""{"events":[{"id":"{{id}}","type":"click","item":"i","user":"u"}]}""", Cancellation);
        Assert.Equal((202, 1), (answer.Status, (int)answer.Json["accepted"]!));
    }
}
