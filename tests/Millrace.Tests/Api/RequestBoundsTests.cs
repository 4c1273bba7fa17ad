using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace Millrace.Tests.Api;

/// <summary>The bounds of requests as configured: what hits one, what is counted, and what of a long body applies.</summary>
public sealed class RequestBoundsTests : IDisposable
{
    private const string Json = "application/json";
    private const string Ndjson = "application/x-ndjson";
    private const int BatchLines = 256;

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("1KiB", 2_000, 413)]
    [InlineData("4MiB", 3_000_000, 400)]
    public async Task A_documents_bound_is_the_configured_one(string bound, int bytes, int status)
    {
        await using var node = await StartAsync($"limits.requestBody={bound}");
        using var hits = new Counted(node, "millrace.api.bounds_hit");
        var document = $"{{\"surface\":\"home\",\"padding\":\"{new string('x', bytes)}\"}}";
        Assert.Equal(status, (await node.PostAsync("/v1/decide", document, Cancellation)).Status);
        Assert.Equal(status == 413 ? ["requestBody 1"] : [], hits.Values);
    }

    [Fact]
    public async Task A_document_is_bounded_when_it_is_inflated_too()
    {
        await using var node = await StartAsync("limits.requestBody=4KiB");
        var packed = Gzip(Encoding.UTF8.GetBytes($"{{\"surface\":\"{new string('x', 100_000)}\"}}"));
        Assert.True(packed.Length < 4_096);
        var answer = await node.SendAsync(HttpMethod.Post, "/v1/decide", packed, Json, Cancellation, "gzip");
        Assert.Equal((413, "urn:millrace:tooLarge"), (answer.Status, answer.Reason));
    }

    [Theory]
    [InlineData("/v1/events", "accepted", 202)]
    [InlineData("/v1/items:batch", "created", 200)]
    public async Task Lines_past_their_number_end_the_tally_of_those_before(string path, string applied, int status)
    {
        await using var node = await StartAsync("limits.requestLines=300");
        using var hits = new Counted(node, "millrace.api.bounds_hit");
        using var refused = new Counted(node, "millrace.api.refused");
        AssertEnded(await PostAsync(node, path, Lines(path, 400)), status, applied, BatchLines, "tooLarge");
        Assert.Equal(["requestLines 1"], hits.Values);
        Assert.Equal(["tooLarge 1"], refused.Values);
        Assert.Equal(300, (int)(await PostAsync(node, path, Lines(path, 300))).Json[path == "/v1/events" ? "duplicates" : "unchanged"]! + 300 - BatchLines);
    }

    [Theory]
    [InlineData("/v1/events", "accepted", 202)]
    [InlineData("/v1/items:batch", "created", 200)]
    public async Task Bytes_past_their_bound_end_the_tally_of_the_lines_before(string path, string applied, int status)
    {
        await using var node = await StartAsync("limits.requestBody=32KiB");
        using var hits = new Counted(node, "millrace.api.bounds_hit");
        var lines = Encoding.UTF8.GetBytes(Lines(path, 2_000));
        var whole = await node.SendAsync(HttpMethod.Post, path, lines, Ndjson, Cancellation);
        Assert.Equal((413, "urn:millrace:tooLarge"), (whole.Status, whole.Reason));
        var inflated = await node.SendAsync(HttpMethod.Post, path, Gzip(lines), Ndjson, Cancellation, "gzip");
        var facts = await node.FactsAsync(Cancellation);
        var count = (int)(facts.Events + facts.Items);
        Assert.Equal((0, true), (count % BatchLines, count > 0));
        AssertEnded(inflated, status, applied, count, "tooLarge");
        Assert.Equal(["requestBody 2"], hits.Values);
    }

    [Theory]
    [InlineData("/v1/events", "accepted", 202, false)]
    [InlineData("/v1/items:batch", "created", 200, false)]
    [InlineData("/v1/events", "accepted", 202, true)]
    [InlineData("/v1/items:batch", "created", 200, true)]
    public async Task A_broken_gzip_tail_ends_the_tally_of_the_lines_before(string path, string applied, int status, bool isCut)
    {
        await using var node = await StartAsync();
        var packed = Gzip(Encoding.UTF8.GetBytes(Lines(path, 5_000)));
        Array.Fill<byte>(packed, 0xFF, packed.Length - 64, 64);
        packed = isCut ? packed[..^64] : packed;
        var answer = await node.SendAsync(HttpMethod.Post, path, packed, Ndjson, Cancellation, "gzip");
        var facts = await node.FactsAsync(Cancellation);
        AssertEnded(answer, status, applied, (int)(facts.Events + facts.Items), "malformed");
    }

    [Fact]
    public async Task A_fault_before_anything_was_applied_refuses_the_whole()
    {
        await using var node = await StartAsync("limits.requestLines=100");
        var answer = await PostAsync(node, "/v1/events", Lines("/v1/events", 101));
        Assert.Equal((413, "urn:millrace:tooLarge"), (answer.Status, answer.Reason));
        Assert.Equal(0, (await node.FactsAsync(Cancellation)).Events);
    }

    [Fact]
    public async Task A_line_past_its_bound_is_refused_counted_and_the_rest_applies()
    {
        await using var node = await StartAsync("limits.requestLine=1KiB");
        using var hits = new Counted(node, "millrace.api.bounds_hit");
        using var records = new Counted(node, "millrace.api.records");
        var longLine = $"{{\"id\":\"long\",\"type\":\"{new string('x', 2_000)}\"}}";
        var answer = await PostAsync(node, "/v1/events", $"{Lines("/v1/events", 2)}\n{longLine}\n{Lines("/v1/events", 3)}");
        Assert.Equal((2 + 1, 2), ((int)answer.Json["accepted"]!, (int)answer.Json["duplicates"]!));
        Assert.Equal(["requestLine 1"], hits.Values);
        Assert.Equal(["accepted 3", "duplicates 2", "invalid 1"], records.Values);
    }

    private static void AssertEnded(Answer answer, int status, string applied, int count, string reason)
    {
        Assert.Equal(status, answer.Status);
        Assert.Equal(count, (int)answer.Json[applied]!);
        var last = Assert.Single(answer.Json["rejected"]!.AsArray())!;
        Assert.Equal((count + 1, reason), ((int)last["line"]!, (string)last["reason"]!));
        Assert.NotNull(((JsonArray)last["errors"]!)[0]!["expected"]);
    }

    private static string Lines(string path, int count) =>
        string.Join('\n', Enumerable.Range(0, count).Select(i => path == "/v1/events"
            ? $"{{\"id\":\"e{i}\",\"type\":\"click\",\"item\":\"a{i * 7919 % 1000}\",\"user\":\"u{i * 104729 % 9973}\"}}"
            : $"{{\"id\":\"i{i}\",\"kind\":\"k{i * 7919 % 1000}\",\"provider\":\"p{i * 104729 % 9973}\"}}"));

    private static Task<Answer> PostAsync(ApiNode node, string path, string lines) =>
        node.SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(lines), Ndjson, Cancellation);

    private static byte[] Gzip(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    private Task<ApiNode> StartAsync(params string[] settings) => ApiNode.StartAsync(_data, Cancellation, settings: settings);

    /// <summary>Listens to one of a node's counters, by its one tag.</summary>
    private sealed class Counted : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly SortedDictionary<string, long> _values = new(StringComparer.Ordinal);

        public Counted(ApiNode node, string counter)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == node.Services.Meter && instrument.Name == counter)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
            {
                lock (_values)
                {
                    var tag = (string)tags[0].Value!;
                    _values[tag] = _values.GetValueOrDefault(tag) + count;
                }
            });
            _listener.Start();
        }

        public IEnumerable<string> Values
        {
            get
            {
                lock (_values)
                {
                    return [.. _values.Select(v => $"{v.Key} {v.Value}")];
                }
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
