using System.IO.Compression;
using System.Text;
using static Millrace.Tests.Api.MalformedJson;

namespace Millrace.Tests.Api;

/// <summary>Makes malformed requests by seed. Ids come from a count, so that no good record is a repetition of another.</summary>
internal sealed class MalformedRequests(int seed)
{
    private const string Json = "application/json";
    private const string Ndjson = "application/x-ndjson";

    /// <summary>The bounds of the node that is asked: small, so that they are cheap to pass, and above what a fact may take.</summary>
    public const int MaxBytes = 2 << 20;
    public const int MaxLines = 300;

    private const int BatchLines = 256;

    private static readonly string[] BadTypes = ["text/plain", "application/xml", "application/json; charset=utf-16", "multipart/form-data; boundary=x", "nonsense", ";;", "application/jsonx", "application/x-www-form-urlencoded"];

    private static readonly string[] BadIds = ["%01", "%FF", "%C3%28", "%ZZ", "%", "%2", "%ED%A0%80", "%7F", "%0A", new('i', 129), string.Concat(Enumerable.Repeat("%C3%A9", 65))];

    private readonly Random _random = new(seed);
    private int _count;

    public MalformedRequest Next() => _random.Next(12) switch
    {
        0 or 1 => Document("/v1/decide", Decide()),
        2 => Document("/v1/purge", Purge()),
        3 => Document(ItemPath(), Item(), HttpMethod.Put),
        4 => Document("/v1/events", [new("events", $"[{Write(Event())}]", [.. NoList], Required: true)]),
        5 => RecordInList(),
        6 or 7 => Line("/v1/events", Event),
        8 or 9 => Line("/v1/items:batch", ItemLine),
        10 => Envelope(),
        _ => Path(),
    };

    private MalformedRequest Document(string path, GoodField[] fields, HttpMethod? method = null)
    {
        var (fault, body) = Break(_random, fields, line: false);
        return new(fault, method ?? HttpMethod.Post, path, body, Json);
    }

    private MalformedRequest RecordInList()
    {
        var good = _random.Next(1, 6);
        var at = _random.Next(good + 1);
        var fields = Event();
        var wrong = Pick(_random, fields);
        var bad = _random.Next(4) switch
        {
            0 => Write(fields.Where(f => !f.Required)),
            1 => Write([.. fields, new("decisionID", "\"d\"", [])]),
            2 => Write([.. fields, wrong]),
            _ => Write(fields.Select(f => f == wrong ? f with { Value = Pick(_random, f.Wrong) } : f)),
        };
        var records = Enumerable.Range(0, good + 1).Select(i => i == at ? bad : Write(Event()));
        return new(
            $"record {at}: {bad[..Math.Min(bad.Length, 200)]}", HttpMethod.Post, "/v1/events", Utf8($"{{\"events\":[{string.Join(",", records)}]}}"), Json, null, at, good);
    }

    private MalformedRequest Line(string path, Func<GoodField[]> record)
    {
        var good = _random.Next(1, 6);
        var at = _random.Next(good + 1);
        var (fault, bad) = _random.Next(12) == 0
            ? ("a line too long", Utf8(Write([.. record(), new("unknown", $"\"{new string('x', _random.Next(65_536, 200_000))}\"", [])])))
            : Break(_random, record(), line: true);
        using var body = new MemoryStream();
        for (var i = 0; i <= good; i++)
        {
            body.Write(i == at ? bad : Utf8(Write(record())));
            body.Write(i == good && _random.Next(2) == 0 ? [] : "\n"u8);
        }

        return new($"line {at + 1}: {fault}", HttpMethod.Post, path, body.ToArray(), Ndjson, null, at + 1, good);
    }

    private MalformedRequest Envelope()
    {
        var (path, type, fields) = _random.Next(4) switch
        {
            0 => ("/v1/decide", Json, Decide()),
            1 => ("/v1/events", Ndjson, Event()),
            2 => ("/v1/items:batch", Ndjson, Item()),
            _ => ("/v1/purge", Json, Purge()),
        };
        var body = Utf8(Write(fields));
        return _random.Next(13) switch
        {
            8 => TooManyLines("/v1/events", Event),
            9 => TooManyLines("/v1/items:batch", ItemLine),
            10 => TooManyBytes("/v1/events", Event),
            11 => TooManyBytes("/v1/items:batch", ItemLine),
            12 => new("a purge too long for a fact", HttpMethod.Post, "/v1/purge", Utf8($"{{\"urls\":[{string.Join(',', Enumerable.Repeat($"\"/{new string('u', 2_000)}\"", 600))}]}}"), Json),
            0 => new("no content type", HttpMethod.Post, path, body, null),
            1 => new("not the encoding it says", HttpMethod.Post, path, body, type, "gzip"),
            2 => new("an unknown encoding", HttpMethod.Post, path, body, type, Pick(_random, ["br", "deflate", "zstd", "gzip, gzip", "x"])),
            3 => new("a huge body", HttpMethod.Post, "/v1/decide", Utf8(Write([.. Decide(), Padding(_random.Next(1 << 20, 3 << 20))])), Json),
            4 => new("a body huge when inflated", HttpMethod.Post, "/v1/purge", Gzip(Utf8(Write([.. Purge(), Padding(5 << 20)]))), Json, "gzip"),
            5 => new("an empty body", HttpMethod.Post, Pick(_random, ["/v1/decide", "/v1/events", "/v1/purge"]), [], Json),
            6 => new("too many records", HttpMethod.Post, "/v1/events", Utf8($"{{\"events\":[{string.Join(",", Enumerable.Repeat("{}", 10_001))}]}}"), Json),
            _ => new("another content type", HttpMethod.Post, path, body, Pick(_random, BadTypes)),
        };
    }

    /// <summary>Lines past their number: whole batches before it apply.</summary>
    private MalformedRequest TooManyLines(string path, Func<GoodField[]> record)
    {
        var lines = Enumerable.Range(0, MaxLines + _random.Next(1, 100)).Select(_ => Write(record()));
        return new("too many lines", HttpMethod.Post, path, Utf8(string.Join('\n', lines)), Ndjson, null, BatchLines + 1, BatchLines, "tooLarge");
    }

    /// <summary>Lines whose bytes pass the bound when they are inflated: at once, or behind a batch that applies.</summary>
    private MalformedRequest TooManyBytes(string path, Func<GoodField[]> record)
    {
        var good = _random.Next(2) * BatchLines;
        var lines = Enumerable.Range(0, good).Select(_ => Write(record())).Concat(Enumerable.Range(0, 40).Select(_ => Write(record()) + new string(' ', 60_000)));
        var body = Gzip(Utf8(string.Join('\n', lines)));
        return good == 0
            ? new("too many bytes", HttpMethod.Post, path, body, Ndjson, "gzip")
            : new("too many bytes behind a batch", HttpMethod.Post, path, body, Ndjson, "gzip", good + 1, good, "tooLarge");
    }

    private MalformedRequest Path()
    {
        var id = Pick(_random, BadIds);
        return _random.Next(6) switch
        {
            0 => new($"a bad id {id}", HttpMethod.Get, "/v1/items/" + id, null, null),
            1 => new($"a bad id {id}", HttpMethod.Put, "/v1/items/" + id, Utf8(Write(Item())), Json),
            2 => new($"a bad id {id}", HttpMethod.Delete, "/v1/items/" + id, null, null),
            3 => new($"a bad id {id}", HttpMethod.Post, $"/v1/decisions/{id}/replay", null, null),
            4 => new("an unknown path", HttpMethod.Post, Pick(_random, ["/v1/decid", "/v1/items/a/b", "/v2/events", "/v1/items:batches", "/"]), Utf8("{}"), Json),
            _ => new("a method not allowed", Pick(_random, [HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch]), Pick(_random, ["/v1/decide", "/v1/events", "/v1/items:batch", "/v1/purge"]), null, null),
        };
    }

    private GoodField[] Decide() =>
    [
        new("surface", "\"home\"", NoText, Required: true),
        new("user", "\"u1\"", NoText),
        new("session", "\"s1\"", NoText),
        new("decisionId", $"\"{Id()}\"", NoText),
        new("time", "\"2026-01-01T00:00:00Z\"", NoTimeNow),
        new("context", "{\"device\":\"phone\"}", [.. NoObject, "{\"device\":7}", "{\"\":\"x\"}", "{\"a\":\"b\",\"a\":\"b\"}", "{\"\\udfff\":\"x\"}", $"{{\"a\":\"{new string('x', 300)}\"}}"]),
        new("candidates", "[{\"id\":\"a\",\"features\":{\"quality\":1}},{\"id\":\"b\"}]",
            [.. NoList, "[{}]", "[7]", "[{\"id\":\"a\"},{\"id\":\"a\"}]", "[{\"id\":\"a\",\"features\":{\"quality\":1e39}}]", "[{\"id\":\"a\",\"features\":{\"quality\":\"NaN\"}}]", "[{\"id\":\"a\",\"score\":1}]", $"[{string.Join(",", Enumerable.Range(0, 1_001).Select(i => $"{{\"id\":\"{i}\"}}"))}]"]),
        new("exclude", "[\"c\"]", [.. NoList, "[7]", "[\"\"]", "[null]", "[[\"c\"]]"]),
        new("slots", "[{\"id\":\"main\",\"count\":2}]",
            [.. NoList, "[]", "[{\"id\":\"main\"}]", "[{\"id\":\"main\",\"count\":0}]", "[{\"id\":\"main\",\"count\":2.5}]", "[{\"id\":\"main\",\"count\":101}]", "[{\"id\":\"m\",\"count\":1},{\"id\":\"m\",\"count\":1}]", "[{\"id\":\"m\",\"count\":1,\"baseline\":[\"a\",\"b\"]}]", $"[{string.Join(",", Enumerable.Range(0, 6).Select(i => $"{{\"id\":\"s{i}\",\"count\":100}}"))}]"]),
        new("mode", "\"online\"", NoWord),
        new("explain", "true", NoBool),
        new("timeoutMs", "50", [.. NoNumber, "0", "-1", "10001", "1.5"]),
    ];

    private GoodField[] Event() =>
    [
        new("id", $"\"{Id()}\"", NoText, Required: true),
        new("type", "\"click\"", NoText, Required: true),
        new("item", "\"a\"", NoText, Required: true),
        new("user", "\"u1\"", NoText),
        new("session", "\"s1\"", NoText),
        new("position", "1", [.. NoNumber, "0", "-1", "10001", "1.5"]),
        new("value", "1.25", [.. NoNumber, "9000000000001", "-9e12000"]),
        new("unit", "\"s\"", NoText),
    ];

    private GoodField[] ItemLine() => [new("id", $"\"{Id()}\"", NoText, Required: true), .. Item()];

    private static GoodField[] Item() =>
    [
        new("kind", "\"article\"", NoText),
        new("provider", "\"p\"", NoText),
        new("bodyUrl", "\"/a\"", [.. NoText, "\"ftp://x/y\"", "\"a\"", "\"http://\"", "\"javascript:alert(1)\""]),
        new("published", "\"2026-01-01T00:00:00Z\"", [.. NoTime, "\"2100-01-01T00:00:00Z\""]),
        new("expires", "\"2099-01-01T00:00:00Z\"", [.. NoTime, "\"2026-01-01T00:00:00Z\""]),
        new("attributes", "{\"topic\":[\"a\",\"b\"],\"lang\":\"en\"}", [.. NoObject, "{\"topic\":7}", "{\"topic\":[7]}", "{\"t\":\"a\",\"t\":\"b\"}", "{\"t\":{\"u\":\"v\"}}", TooMuch]),
        new("embedding", "[0.5,-1]", [.. NoList, "[null]", "[\"1\"]", "[1e39]", "[[1]]"]),
    ];

    private static GoodField[] Purge() =>
    [
        new("keys", "[\"k\"]", [.. NoList, "[]", "[7]", "[\"\"]"], Required: true),
        new("wait", "\"none\"", NoWord),
        new("mode", "\"soft\"", NoWord),
    ];

    // Each attribute is right; all of them are more than a fact holds.
    private static readonly string TooMuch = $"{{{string.Join(",", Enumerable.Range(0, 20).Select(i => $"\"a{i}\":[{string.Join(",", Enumerable.Repeat($"\"{new string('v', 1_000)}\"", 64))}]"))}}}";

    private string ItemPath() => "/v1/items/" + Id();

    private string Id() => $"made-{seed}-{_count++}";

    private static GoodField Padding(int bytes) => new("padding", $"\"{new string('x', bytes)}\"", []);

    private static byte[] Gzip(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
