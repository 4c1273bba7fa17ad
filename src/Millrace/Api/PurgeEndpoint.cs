using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>A purge as it comes over the wire.</summary>
internal sealed class PurgeDraft
{
    public ImmutableArray<string> Urls { get; set; } = [];

    public ImmutableArray<string> Keys { get; set; } = [];

    public string? Route { get; set; }

    public bool Wait { get; set; }

    public Purged ToFact(string tenant, string factId, UnixMicros now) =>
        new() { Id = factId, Tenant = tenant, Time = now, Urls = Urls, Keys = Keys, Route = Route };
}

/// <summary>POST /v1/purge.</summary>
internal sealed class PurgeEndpoint(ApiServices services)
{
    public static readonly ObjectShape<PurgeDraft> Shape = new ObjectShape<PurgeDraft>("Purge", "Voids stored responses: by exactly one of urls, keys, route.")
        .With("urls", new ListShape<string>(TextShape.WebUrl, 1_000), (p, v) => p.Urls = v, "Absolute URLs.")
        .With("keys", new ListShape<string>(new TextShape(1, 256, "a surrogate key"), 1_000), (p, v) => p.Keys = v, "Surrogate keys.")
        .With("route", new TextShape(1, 256, "a route"), (p, v) => p.Route = v, "A route, by its match.")
        .With("wait", new WordShape<bool>(("none", false), ("edges", true)), (p, v) => p.Wait = v, "edges answers when every edge in touch obeys.")
        .Holding((purge, at) =>
        {
            var given = (purge.Urls.IsEmpty ? 0 : 1) + (purge.Keys.IsEmpty ? 0 : 1) + (purge.Route is null ? 0 : 1);
            if (given != 1)
            {
                at.Add("exactly one of urls, keys and route, not empty", $"{given} of them");
            }

            FactRoom.Check(purge.ToFact(FactRoom.LongestId, FactRoom.LongestId, default), at);
        });

    public async Task PostAsync(HttpContext context)
    {
        var draft = await RequestBody.ReadAsync(context, services, Shape);
        if (draft.Route is not null && !services.Purge.Routes.Contains(draft.Route))
        {
            throw new ProblemException(ProblemReason.Invalid, $"Expected the match of a route, got {Reading.Quote(draft.Route)}.", [new Fault("/route", "the match of a route", draft.Route)]);
        }

        var purge = draft.ToFact(services.Tenant(context), services.NewId(), services.Now);
        var voided = await services.Purge.PurgeAsync(purge, draft.Wait, context.RequestAborted);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("purgeId", purge.Id);
            if (voided is { } count)
            {
                json.WriteNumber("voided", count);
            }
        });
    }
}
