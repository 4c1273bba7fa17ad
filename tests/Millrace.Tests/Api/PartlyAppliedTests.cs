using Millrace.Journal;
using Millrace.Tests.Journal;

namespace Millrace.Tests.Api;

/// <summary>One partition takes no more: what the other took is acknowledged, and what is sent again applies once.</summary>
public sealed class PartlyAppliedTests : IDisposable
{
    private const string Json = "application/json";
    private const string Ndjson = "application/x-ndjson";

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly FaultyFiles _files = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData(40)]
    [InlineData(600)]
    public async Task Each_event_of_a_list_has_its_own_outcome_and_applies_once_when_it_comes_again(int count)
    {
        await using var api = await StartAsync("events");
        var list = $"{{\"events\":[{string.Join(',', Enumerable.Range(0, count).Select(Event))}]}}";
        var (first, _) = await api.PostAsync("/v1/events", list, Json, Cancellation);
        Assert.Equal(202, first.Status);
        var accepted = (int)first.Json["accepted"]!;
        Assert.InRange(accepted, 1, count - 1);
        Assert.Equal(count - accepted, Rejected(first, "journalFull").Length);
        Assert.Equal(accepted, (await api.StoredAsync(JournalStream.Events, Cancellation)).Length);

        _files.Full = false;
        var (again, _) = await api.PostAsync("/v1/events", list, Json, Cancellation);
        Assert.Equal((202, count - accepted, accepted), (again.Status, (int)again.Json["accepted"]!, (int)again.Json["duplicates"]!));
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"e{i}").Order(StringComparer.Ordinal), await api.StoredAsync(JournalStream.Events, Cancellation));
    }

    [Fact]
    public async Task Events_as_lines_end_where_the_journal_took_no_more()
    {
        await using var api = await StartAsync("events");
        var (answer, _) = await api.PostAsync("/v1/events", string.Join('\n', Enumerable.Range(0, 600).Select(Event)), Ndjson, Cancellation);
        Assert.Equal(202, answer.Status);
        var accepted = (int)answer.Json["accepted"]!;
        var rejected = Rejected(answer, "journalFull");
        Assert.Equal(256 + 1, accepted + rejected.Length);
        Assert.Equal(257, rejected[^1]);
        Assert.Equal(accepted, (await api.StoredAsync(JournalStream.Events, Cancellation)).Length);
    }

    [Fact]
    public async Task Events_of_which_none_is_durable_are_refused_whole_with_the_time_to_come_again()
    {
        await using var api = await StartAsync(null);
        var (answer, retryAfter) = await api.PostAsync("/v1/events", Event(1), Ndjson, Cancellation);
        Assert.Equal((503, "urn:millrace:journalFull"), (answer.Status, answer.Reason));
        Assert.True(retryAfter > TimeSpan.Zero);
        _files.Full = false;
        Assert.Equal(1, (int)(await api.PostAsync("/v1/events", Event(1), Ndjson, Cancellation)).Answer.Json["accepted"]!);
    }

    [Fact]
    public async Task Each_item_of_a_batch_has_its_own_outcome_and_applies_once_when_it_comes_again()
    {
        const int Count = 40;
        await using var api = await StartAsync("items");

        // The second half repeats the first: its lines rest on facts that may not be durable.
        var lines = string.Join('\n', Enumerable.Range(0, 2 * Count).Select(i => $"{{\"id\":\"i{i % Count}\",\"kind\":\"article\"}}"));
        var (first, _) = await api.PostAsync("/v1/items:batch", lines, Ndjson, Cancellation);
        Assert.Equal(200, first.Status);
        var created = (int)first.Json["created"]!;
        Assert.InRange(created, 1, Count - 1);
        Assert.Equal(created, (int)first.Json["unchanged"]!);
        Assert.Equal((2 * (Count - created)) + 1, Rejected(first, "journalFull").Length);
        Assert.Equal(created, (await api.StoredAsync(JournalStream.Items, Cancellation)).Length);

        _files.Full = false;
        var (again, _) = await api.PostAsync("/v1/items:batch", lines, Ndjson, Cancellation);
        Assert.Equal((Count - created, Count + created), ((int)again.Json["created"]!, (int)again.Json["unchanged"]!));
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"i{i}").Order(StringComparer.Ordinal), await api.StoredAsync(JournalStream.Items, Cancellation));
    }

    private static string Event(int i) => $"{{\"id\":\"e{i}\",\"type\":\"click\",\"item\":\"a\",\"user\":\"u{i}\"}}";

    private static int[] Rejected(Answer answer, string reason) =>
        [.. answer.Json["rejected"]!.AsArray().Where(r => (string)r!["reason"]! == reason).Select(r => (int)(r!["index"] ?? r["line"])!)];

    /// <param name="stream">The stream whose second partition is full; null when every partition is.</param>
    private async Task<ScantApi> StartAsync(string? stream)
    {
        var api = await ScantApi.StartAsync(_data, _files, Cancellation);
        _files.Only = stream is null ? null : Path.Combine(stream, "1");
        _files.Full = true;
        return api;
    }
}
