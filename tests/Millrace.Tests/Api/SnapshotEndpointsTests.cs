using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Millrace.Tests.Api;

/// <summary>Snapshots of items as content: named, unchanging, resumable; and no way from a name to another file.</summary>
public sealed class SnapshotEndpointsTests : IDisposable
{
    private const int TailBytes = 32 + 8 + 8;

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly HttpClient _http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task What_is_listed_can_be_fetched_whole_in_parts_and_not_again()
    {
        await using var node = await WithSnapshotAsync();
        var listed = (await node.SendAsync(HttpMethod.Get, "/v1/features/snapshots", null, null, Cancellation)).Json["snapshots"]!.AsArray();
        var snapshot = Assert.Single(listed)!;
        var (name, hash) = ((string)snapshot["name"]!, (string)snapshot["hash"]!);
        Assert.Equal("items", (string?)snapshot["kind"]);
        Assert.Equal(node.Services.Snapshot.Features.Fingerprint, (string?)snapshot["fingerprint"]);
        Assert.Contains(snapshot["cut"]!.AsArray(), next => ((string?)next!["stream"], (long)next["offset"]!) == ("items", 1));

        using var whole = await GetAsync(node, name);
        var bytes = await whole.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
        Assert.Equal((long)snapshot["bytes"]!, bytes.Length);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, bytes.Length - TailBytes))));
        Assert.Equal($"\"{hash}\"", whole.Headers.ETag?.Tag);
        Assert.Equal("application/octet-stream", whole.Content.Headers.ContentType?.MediaType);
        Assert.Equal("private, max-age=31536000, immutable", whole.Headers.NonValidated["Cache-Control"].ToString());

        using var rest = await GetAsync(node, name, request => request.Headers.Range = new RangeHeaderValue(10, null));
        Assert.Equal(HttpStatusCode.PartialContent, rest.StatusCode);
        Assert.Equal(bytes[10..], await rest.Content.ReadAsByteArrayAsync(Cancellation));
        using var beyond = await GetAsync(node, name, request => request.Headers.Range = new RangeHeaderValue(bytes.Length, null));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
        using var known = await GetAsync(node, name, request => request.Headers.IfNoneMatch.Add(whole.Headers.ETag!));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Empty(await known.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task No_name_leads_to_persons_or_out_of_the_folder()
    {
        await using var node = await WithSnapshotAsync();
        var folder = node.Services.Data.Features;
        var (items, persons) = (Path.GetFileName(Assert.Single(Directory.GetFiles(folder, "*.items"))), Path.GetFileName(Assert.Single(Directory.GetFiles(folder, "*.persons"))));
        File.Copy(Path.Combine(folder, items), Path.Combine(_data, items));
        File.Copy(Path.Combine(folder, items), Path.Combine(folder, "Copy.items"));
        string[] names = [persons, "Copy.items", $"..%2F{items}", $"%2e%2e%2f{items}", $"..%5C{items}", Uri.EscapeDataString(Path.Combine(_data, items)), $"{items}%00", $"{items}.", $".%2F{items}", ".items", "%252e"];
        foreach (var name in names)
        {
            using var answer = await GetAsync(node, name);
            Assert.True(answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{name}: {answer.StatusCode}");
            Assert.DoesNotContain("MlrcFeat", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_snapshot_without_its_end_is_neither_listed_nor_served()
    {
        await using var node = await WithSnapshotAsync();
        var file = Assert.Single(Directory.GetFiles(node.Services.Data.Features, "*.items"));
        await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file, Cancellation))[..^1], Cancellation);
        Assert.Empty((await node.SendAsync(HttpMethod.Get, "/v1/features/snapshots", null, null, Cancellation)).Json["snapshots"]!.AsArray());
        using var answer = await GetAsync(node, Path.GetFileName(file));
        Assert.Equal("urn:millrace:unknownSnapshot", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["type"]);
    }

    /// <summary>A node that wrote a snapshot at an earlier clean stop, and writes none by itself.</summary>
    private async Task<ApiNode> WithSnapshotAsync()
    {
        var first = await ApiNode.StartAsync(_data, Cancellation);
        await using (first)
        {
            Assert.Equal(200, (await first.SendAsync(HttpMethod.Put, "/v1/items/a", "{}"u8.ToArray(), "application/json", Cancellation)).Status);
            Assert.True(await ApiNode.UntilAsync(() => first.Services.Snapshot.RowOf("a") >= 0, Cancellation));
        }

        return await ApiNode.StartAsync(_data, Cancellation, first.Key);
    }

    private async Task<HttpResponseMessage> GetAsync(ApiNode node, string name, Action<HttpRequestMessage>? with = null)
    {
        var path = new Uri($"{node.Admin.GetLeftPart(UriPartial.Authority)}/v1/features/snapshots/{name}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", node.Key);
        with?.Invoke(request);
        return await _http.SendAsync(request, Cancellation);
    }
}
