using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>PUT, GET and DELETE /v1/items/{id}, POST /v1/items:batch. Acknowledged when durable; an equal item again is no new fact.</summary>
internal sealed class ItemsEndpoint(ApiServices services)
{
    public async Task PutAsync(HttpContext context)
    {
        var id = Endpoint.PathId(context, 2);
        var draft = await RequestBody.ReadAsync(context, services, ItemShape.One);
        draft.Id = id;
        await ApplyOneAsync(context, draft);
    }

    public Task DeleteAsync(HttpContext context) => ApplyOneAsync(context, new() { Id = Endpoint.PathId(context, 2), Deleted = true });

    public async Task GetAsync(HttpContext context)
    {
        var id = Endpoint.PathId(context, 2);
        if (services.Memory.Items.Find(services.Tenant(context), id) is not { Deleted: false } version
            || await services.Journal.ReadAsync(JournalStream.Items, version.Position.Partition, version.Position.Offset, 1, context.RequestAborted)
                is not [{ Fact: ItemChanged item }])
        {
            throw new ProblemException(ProblemReason.UnknownItem, $"Expected the id of an item, got {Reading.Quote(id)}.");
        }

        await Reply.JsonAsync(context, StatusCodes.Status200OK, json => Write(json, item));
    }

    public async Task BatchAsync(HttpContext context)
    {
        var tenant = services.Tenant(context);
        RequestBody.ContentType(context, RequestBody.NdjsonType);
        var tally = new BatchTally(services, "line");
        await NdjsonRequest.ApplyAsync(context, services, ItemShape.Line, tally, batch => ApplyAsync(tenant, batch, tally));
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json => tally.Write(json, "created", "replaced", "unchanged", "deleted"));
    }

    private async Task ApplyAsync(string tenant, List<BatchRecord<ItemDraft>> records, BatchTally tally)
    {
        foreach (var bad in records.Where(r => r.Faults.Count > 0))
        {
            tally.Reject(bad.Index, bad.Value?.Id, ProblemReason.Invalid, bad.Faults);
        }

        BatchRecord<ItemDraft>[] good = [.. records.Where(r => r.Faults.Count == 0)];
        var (outcomes, refused) = await ApplyAsync(tenant, [.. good.Select(r => r.Value)]);
        for (var i = 0; i < good.Length; i++)
        {
            if (outcomes[i] is { } outcome)
            {
                tally.Count(outcome);
            }
            else
            {
                tally.Reject(good[i].Index, good[i].Value.Id, refused!.Reason);
            }
        }

        if (refused is not null)
        {
            throw refused;
        }
    }

    private async Task ApplyOneAsync(HttpContext context, ItemDraft draft)
    {
        var (outcomes, refused) = await ApplyAsync(services.Tenant(context), [draft]);
        var outcome = outcomes[0] ?? throw refused!;
        services.Metrics.Record(outcome);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("id", draft.Id);
            json.WriteString("outcome", outcome);
        });
    }

    /// <summary>Appends what changes something.</summary>
    /// <returns>Per draft: created, replaced, unchanged or deleted; null where the journal did not take it, and then why.</returns>
    private async Task<(string?[] Outcomes, ProblemException? Refused)> ApplyAsync(string tenant, ItemDraft[] drafts)
    {
        var versions = services.Memory.Items;
        var outcomes = new string?[drafts.Length];
        var restsOn = new int?[drafts.Length];
        var facts = new List<ItemChanged>();
        // The same item may stand in a batch twice: what it will be is what the later line is compared with.
        var coming = new Dictionary<string, (UInt128 Content, bool Deleted, int Fact)>(StringComparer.Ordinal);
        for (var i = 0; i < drafts.Length; i++)
        {
            var fact = drafts[i].ToFact(tenant, services.NewId(), services.Now);
            var content = ItemDraft.Content(fact);
            (UInt128 Content, bool Deleted, int? Fact)? known = coming.TryGetValue(fact.Item, out var earlier) ? earlier
                : versions.Find(tenant, fact.Item) is { } version ? (version.Content, version.Deleted, null) : null;
            restsOn[i] = known?.Fact;
            outcomes[i] = known?.Content == content || (known is null && fact.Deleted) ? "unchanged"
                : fact.Deleted ? "deleted"
                : known is { Deleted: false } ? "replaced" : "created";
            if (outcomes[i] != "unchanged")
            {
                restsOn[i] = facts.Count;
                coming[fact.Item] = (content, fact.Deleted, facts.Count);
                facts.Add(fact);
            }
        }

        var (positions, refused) = facts.Count > 0 ? await Appending.AppendAsync(services, facts) : new([], null);
        for (var i = 0; i < positions.Count; i++)
        {
            if (positions[i] is { } position && !versions.Note(facts[i], position))
            {
                services.Metrics.LimitHit("rememberedItems");
            }
        }

        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = restsOn[i] is { } fact && positions[fact] is null ? null : outcomes[i];
        }

        return (outcomes, refused);
    }

    private static void Write(Utf8JsonWriter json, ItemChanged item)
    {
        json.WriteString("id", item.Item);
        Reply.WriteOptional(json, "kind", item.Kind);
        Reply.WriteOptional(json, "provider", item.Provider);
        Reply.WriteOptional(json, "bodyUrl", item.BodyUrl);
        Reply.WriteOptional(json, "published", item.Published?.ToString());
        Reply.WriteOptional(json, "expires", item.Expires?.ToString());
        json.WriteStartObject("attributes");
        foreach (var (name, values) in item.Attributes)
        {
            json.WriteStartArray(name);
            foreach (var value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartArray("embedding");
        foreach (var value in item.Embedding)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
