using System.Globalization;
using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Decisions;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>POST /v1/decide. Never waits for the disk.</summary>
internal sealed class DecideEndpoint(ApiServices services)
{
    public async Task PostAsync(HttpContext context)
    {
        var (draft, _) = await RequestBody.ReadAsync(context, services, DecideShape.One);
        var surfaces = services.Surfaces();
        if (!surfaces.Contains(draft.Surface))
        {
            throw new ProblemException(
                ProblemReason.UnknownSurface,
                "Expected a surface of the configuration.",
                [new("/surface", "a known surface", Reading.Quote(draft.Surface), NearestName.Of(draft.Surface, surfaces))]);
        }

        var started = services.Clock.GetTimestamp();
        var decision = Decide(services.Tenant(context), draft);
        var took = services.Clock.GetElapsedTime(started);
        var urls = Urls(decision);
        Head(context, took, decision, urls);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            DecisionWriter.Write(json, decision, (item, slot, rank) => urls.GetValueOrDefault((slot, rank)));
            json.WriteNumber("took", Math.Round(took.TotalMilliseconds, 3));
            if (draft.Explain)
            {
                json.WriteStartObject("explain");
                DecisionWriter.Explain(json, decision, services.Policy(decision.Policy));
                json.WriteEndObject();
            }
        });
    }

    private Decided Decide(string tenant, DecideDraft draft)
    {
        try
        {
            return services.Decide(draft.ToRequest(tenant, draft.DecisionId ?? services.NewId()));
        }
        catch (DecisionConflictException)
        {
            throw new ProblemException(
                ProblemReason.Conflict,
                "The decision was taken for another request.",
                [new("/decisionId", "a new id, or the request that it came with first", "another request")]);
        }
    }

    private Dictionary<(string Slot, int Rank), string> Urls(Decided decision)
    {
        var urls = new Dictionary<(string, int), string>();
        foreach (var slot in decision.Slots)
        {
            for (var i = 0; i < slot.Items.Length; i++)
            {
                if (services.BodyUrl(decision.Tenant, slot.Items[i].Item) is { } bodyUrl)
                {
                    urls[(slot.Slot, i + 1)] = services.Urls.Mint(decision, slot.Items[i], slot.Slot, i + 1, bodyUrl);
                }
            }
        }

        return urls;
    }

    private void Head(HttpContext context, TimeSpan took, Decided decision, Dictionary<(string Slot, int Rank), string> urls)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "private, no-store";
        headers["Server-Timing"] = string.Create(CultureInfo.InvariantCulture, $"decide;dur={took.TotalMilliseconds:0.###}");
        var links = new List<string>();
        foreach (var slot in decision.Slots)
        {
            for (var rank = 1; rank <= slot.Items.Length && links.Count < services.Limits.MaxPreloads; rank++)
            {
                // A URL that cannot stand in a header line as it is is left to the body.
                if (urls.TryGetValue((slot.Slot, rank), out var url) && url.All(c => c is > ' ' and < '\x7f' and not '<' and not '>'))
                {
                    links.Add($"<{url}>; rel=preload; as=fetch");
                }
            }
        }

        if (links.Count > 0)
        {
            headers.Link = string.Join(", ", links);
        }
    }
}
