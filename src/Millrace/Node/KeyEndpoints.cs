using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Millrace.Api;
using Millrace.Api.Json;
using Endpoint = Millrace.Api.Endpoint;

namespace Millrace.Node;

/// <summary>A key to be made, as it comes over the wire.</summary>
internal sealed class KeyDraft
{
    public KeyScope Scope { get; set; }

    public string Tenant { get; set; } = Tenants.Default;
}

/// <summary>GET and POST /v1/keys, DELETE /v1/keys/{id}: the keys of a running node. A revoked key is refused from the next request on.</summary>
internal static class KeyEndpoints
{
    public static readonly ObjectShape<KeyDraft> Shape = new ObjectShape<KeyDraft>("Key", "A key to be made; its secret is in the reply, and nowhere else.")
        .With("scope", new WordShape<KeyScope>(("admin", KeyScope.Admin), ("api", KeyScope.Api), ("events", KeyScope.Events)), (k, v) => k.Scope = v, "What it allows.", required: true)
        .With("tenant", TextShape.Id, (k, v) => k.Tenant = v, "The namespace that its holder acts in; only default is served yet.")
        .Holding((key, at) =>
        {
            if (Tenants.Fault(key.Tenant) is { } fault)
            {
                at.AddBelow("/tenant", fault["expected ".Length..], key.Tenant);
            }
        });

    public static void Map(IEndpointRouteBuilder routes, ApiServices services, AccessKeys keys)
    {
        Endpoint.Map(routes, services, "/v1/keys", ("GET", context => ListAsync(context, keys)), ("POST", context => CreateAsync(context, services, keys)));
        Endpoint.Map(routes, services, "/v1/keys/{id}", ("DELETE", context => RevokeAsync(context, keys)));
    }

    private static Task ListAsync(HttpContext context, AccessKeys keys) => Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("keys");
        foreach (var key in keys.All)
        {
            json.WriteStartObject();
            Write(json, key);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static async Task CreateAsync(HttpContext context, ApiServices services, AccessKeys keys)
    {
        var draft = await RequestBody.ReadAsync(context, services, Shape);
        if (keys.All.Count() >= AccessKeys.MaxKeys)
        {
            services.Metrics.LimitHit("maxKeys");
            throw new ProblemException(ProblemReason.Conflict, $"There are {AccessKeys.MaxKeys} keys already; revoke some first.");
        }

        var secret = keys.Create(draft.Scope, draft.Tenant);
        context.Response.Headers.CacheControl = "no-store";
        await Reply.JsonAsync(context, StatusCodes.Status201Created, json =>
        {
            Write(json, keys.Verify(secret)!);
            json.WriteString("secret", secret);
        });
    }

    private static Task RevokeAsync(HttpContext context, AccessKeys keys)
    {
        var id = Endpoint.PathId(context, 2);
        return keys.Revoke(id)
            ? Reply.JsonAsync(context, StatusCodes.Status200OK, json => json.WriteString("revoked", id))
            : throw new ProblemException(ProblemReason.UnknownKey, $"Expected the id of a key, got {Reading.Quote(id)}; GET /v1/keys lists them.");
    }

    private static void Write(Utf8JsonWriter json, AccessKey key)
    {
        json.WriteString("id", key.Id);
        json.WriteString("scope", key.Scope.ToString().ToLowerInvariant());
        json.WriteString("tenant", key.Tenant);
        json.WriteString("created", key.Created);
    }
}
