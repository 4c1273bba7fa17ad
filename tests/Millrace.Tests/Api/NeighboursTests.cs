using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Node;

namespace Millrace.Tests.Api;

/// <summary>Items that are put, changed and deleted over HTTP, and the neighbours that the next decisions find, through reloads too.</summary>
public sealed class NeighboursTests : IDisposable
{
    private const string Features = "{name: near, similar: click, embedding: 8}";

    /// <summary>From an acknowledged item to the decision that finds it.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(2);

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly string _file;

    public NeighboursTests() => _file = Path.Combine(_data, "millrace.yaml");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task An_item_is_found_within_two_seconds_and_not_after_it_changed_or_went()
    {
        await using var node = await StartAsync("similar");
        await ReadingAsync(node, "near-0", 0, market: "BR");
        for (var i = 1; i <= 5; i++) await PutAsync(node, $"near-{i}", i / 100.0, i % 2 == 0 ? "BR" : "PT");
        for (var i = 0; i < 20; i++) await PutAsync(node, $"far-{i}", 2 + (i / 100.0), "BR");
        await UntilAsync(node, Slate("near-2", "near-4", "far-0"));

        // New, and nearer than all: found within the bound of the machine that all tests share, and by the index.
        var began = TimeProvider.System.GetTimestamp();
        await PutAsync(node, "new", 0.001, "BR");
        await UntilAsync(node, Slate("new", "near-2", "near-4"));
        Assert.True(TimeProvider.System.GetElapsedTime(began) < Within, $"found after {TimeProvider.System.GetElapsedTime(began)}");
        Assert.True(await IndexAsync(node) is { } index && (bool)index["searched"]! && (int)index["items"]! == 27 && (int)index["leftOut"]! == 0);
        await PutAsync(node, "near-2", 3, "BR");
        await UntilAsync(node, Slate("new", "near-4", "far-0"));
        Assert.Equal(200, (await node.SendAsync(HttpMethod.Delete, "/v1/items/new", null, null, Cancellation)).Status);
        await UntilAsync(node, Slate("near-4", "far-0", "far-1"));
        Assert.Contains("millrace_neighbours_rows", (await node.SendAsync(HttpMethod.Get, "/metrics", null, null, Cancellation)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_builds_the_index_again_and_a_reload_that_adds_features_swaps_it_whole()
    {
        string key;
        await using (var node = await StartAsync("similar"))
        {
            key = node.Key;
            await ReadingAsync(node, "near-0", 0, market: "BR");
            for (var i = 1; i < 30; i++) await PutAsync(node, $"near-{i}", i / 100.0, "BR");
            await UntilAsync(node, Slate("near-1", "near-2", "near-3"));
        }

        await using var again = await StartAsync("similar", key);
        await UntilAsync(again, Slate("near-1", "near-2", "near-3"));
        var before = (int)(await IndexAsync(again))!["dimensions"]!;
        Write("similar", $"{Features}, {{name: near16, similar: click, embedding: 16}}", neighbours: "near16");
        Assert.Equal(ReloadOutcome.Applied, await again.Services.Config.ReloadAsync());
        Assert.True(await ApiNode.UntilAsync(() => again.Services.Snapshot.Features.IndexOf("near16") >= 0, Cancellation));
        await PutAsync(again, "near-0", 0, "BR", dimensions: 16);
        await PutAsync(again, "other", 0.001, "BR", dimensions: 16);
        await UntilAsync(again, Slate("other"));
        Assert.Equal((8, 16), (before, (int)(await IndexAsync(again))!["dimensions"]!));

        // A policy that looks for other neighbours with the same features: at once, and its index comes after.
        Write("read", $"{Features}, {{name: near16, similar: click, embedding: 16}}", neighbours: "near", of: "of: context.item, ");
        Assert.Equal(ReloadOutcome.Applied, await again.Services.Config.ReloadAsync());
        await UntilAsync(again, found => found.Order(StringComparer.Ordinal).SequenceEqual(["near-26", "near-27", "near-28"]), context: "near-29");
        Assert.True(await ApiNode.UntilAsync(() => again.Services.Neighbours.Indexes is [{ Key.Dimensions: 8, Serves: true }], Cancellation));
    }

    private async Task<ApiNode> StartAsync(string name, string? key = null)
    {
        Write(name, Features);
        return await ApiNode.StartFileAsync(_file, Path.Combine(_data, "node"), Cancellation, key);
    }

    private void Write(string name, string features, string neighbours = "near", string of = "") => File.WriteAllText(_file, $$"""
        features: [{{features}}]
        folding: {scanned: 1}
        policies: { {{name}}: {candidates: [{neighbours: {{neighbours}}, {{of}}take: 3}], blend: { {{neighbours}}: 1 }, filters: [{attribute: market, in: [BR]}]} }
        surfaces: {home: {policy: {{name}}, slots: [{id: main, count: 3}]} }
        """);

    /// <summary>Somebody clicks an item.</summary>
    private static async Task ReadingAsync(ApiNode node, string item, double angle, string market)
    {
        await PutAsync(node, item, angle, market);
        Assert.Equal(202, (await node.PostAsync("/v1/events", $$"""{"events":[{"id":"read","type":"click","item":"{{item}}","session":"s","user":"u"}]}""", Cancellation)).Status);
    }

    private static async Task PutAsync(ApiNode node, string item, double angle, string market, int dimensions = 8)
    {
        var values = string.Join(',', Enumerable.Range(0, dimensions).Select(place => (place switch { 0 => Math.Cos(angle), 1 => Math.Sin(angle), _ => 0 }).ToString("R", CultureInfo.InvariantCulture)));
        var body = $$$"""{"attributes": {"market": ["{{{market}}}"]}, "embedding": [{{{values}}}]}""";
        Assert.Equal(200, (await node.SendAsync(HttpMethod.Put, $"/v1/items/{item}", Encoding.UTF8.GetBytes(body), "application/json", Cancellation)).Status);
    }

    private static Func<string[], bool> Slate(params string[] expected) => found => found.SequenceEqual(expected);

    private static async Task UntilAsync(ApiNode node, Func<string[], bool> holds, string context = "none")
    {
        string[] found = [];
        for (var began = TimeProvider.System.GetTimestamp(); !holds(found);)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"found {string.Join(", ", found)}");
            var slate = await node.PostAsync("/v1/decide", $$"""{"surface":"home","session":"s","user":"u","context":{"item":"{{context}}"} }""", Cancellation);
            Assert.Equal(200, slate.Status);
            found = [.. slate.Json["slots"]?.AsArray().FirstOrDefault()?["items"]?.AsArray().Select(item => (string)item!["id"]!) ?? []];
        }
    }

    private static async Task<JsonNode?> IndexAsync(ApiNode node) =>
        (await node.SendAsync(HttpMethod.Get, "/v1/features", null, null, Cancellation)).Json["neighbours"]?.AsArray().Single();
}
