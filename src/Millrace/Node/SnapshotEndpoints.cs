using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Millrace.Api;
using Millrace.Api.Json;
using Millrace.Features.Images;
using Millrace.Journal;
using Endpoint = Millrace.Api.Endpoint;

namespace Millrace.Node;

/// <summary>
/// GET /v1/features/snapshots and /v1/features/snapshots/{name}: the snapshots of items as content, from which another decider may start. Those of persons stay here: they are
/// sealed with keys that do not leave.
/// </summary>
internal static class SnapshotEndpoints
{
    // A name holds the hash of its bytes. Only who has the key may have them: no shared cache keeps them.
    private const string Immutable = "private, max-age=31536000, immutable";

    public static void Map(IEndpointRouteBuilder routes, ApiServices services, SnapshotFolder snapshots)
    {
        Endpoint.Map(routes, services, "/v1/features/snapshots", ("GET", context => ListAsync(context, snapshots)));
        Endpoint.Map(routes, services, "/v1/features/snapshots/{name}", ("GET", context => GetAsync(context, snapshots)));
    }

    private static Task ListAsync(HttpContext context, SnapshotFolder snapshots) => Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("snapshots");
        foreach (var name in snapshots.Names(SnapshotKind.Items))
        {
            try
            {
                Write(json, name, snapshots.Head(name));
            }
            catch (FeatureSnapshotException)
            {
                // It left meanwhile, or is damaged: a start names the reason. Nobody is offered it.
            }
        }

        json.WriteEndArray();
    });

    private static async Task GetAsync(HttpContext context, SnapshotFolder snapshots)
    {
        // Only what the folder lists is opened, so that no name leads out of it.
        var asked = Endpoint.PathId(context, 3);
        if (snapshots.Names(SnapshotKind.Items).FirstOrDefault(name => name == asked) is not { } listed)
        {
            throw Unknown(asked);
        }

        var (file, hash) = Open(snapshots, listed);
        await using (file)
        {
            context.Response.Headers.CacheControl = Immutable;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await Results.Stream(file, "application/octet-stream", entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(hash)}\""), enableRangeProcessing: true)
                .ExecuteAsync(context);
        }
    }

    private static (FileStream File, byte[] Hash) Open(SnapshotFolder snapshots, string name)
    {
        FileStream? file = null;
        try
        {
            file = snapshots.Open(name);
            var (_, hash) = SnapshotFile.ReadHead(file);
            file.Position = 0;
            return (file, hash);
        }
        catch (FeatureSnapshotException)
        {
            file?.Dispose();
            throw Unknown(name);
        }
    }

    private static ProblemException Unknown(string name) =>
        new(ProblemReason.UnknownSnapshot, $"Expected the name of a whole snapshot of items, got {Reading.Quote(name)}; GET /v1/features/snapshots lists them, and the last two stay.");

    private static void Write(Utf8JsonWriter json, string name, (SnapshotHead Head, byte[] Hash, long Length) snapshot)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("kind", "items");
        json.WriteNumber("epoch", snapshot.Head.Epoch);
        json.WriteString("time", snapshot.Head.Time.ToDateTimeOffset());
        json.WriteString("fingerprint", snapshot.Head.Definitions);
        json.WriteNumber("bytes", snapshot.Length);
        json.WriteString("hash", Convert.ToHexStringLower(snapshot.Hash));
        json.WriteStartArray("cut");
        foreach (var next in snapshot.Head.Cut.Next)
        {
            json.WriteStartObject();
            json.WriteString("stream", next.Stream.ToString().ToLowerInvariant());
            json.WriteNumber("partition", next.Partition);
            json.WriteNumber("offset", next.Offset);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
