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
        var draft = await RequestBody.ReadAsync(context, services, DecideShape.One);
        var started = services.Clock.GetTimestamp();
        var decision = Decide(services.Tenant(context), draft);
        var took = services.Clock.GetElapsedTime(started);
        var links = DecisionLinks.Of(decision, services);
        Head(context, took, decision, links);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            DecisionWriter.Write(json, decision, links);
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
            var personal = draft.Personalise && services.Memory.Consents.Of(tenant, draft.User).Personalise;
            return services.Decide(draft.ToRequest(tenant, draft.DecisionId ?? services.NewId(), personal));
        }
        catch (UnknownSurfaceException)
        {
            throw new ProblemException(
                ProblemReason.UnknownSurface,
                "Expected a surface of the configuration.",
                [new("/surface", "a known surface", Reading.Quote(draft.Surface), NearestName.Of(draft.Surface, services.Surfaces()))]);
        }
        catch (DecisionConflictException)
        {
            throw new ProblemException(
                ProblemReason.Conflict,
                "The decision was taken for another request.",
                [new("/decisionId", "a new id, or the request that it came with first", "another request")]);
        }
    }

    private void Head(HttpContext context, TimeSpan took, Decided decision, DecisionLinks named)
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
                if (named.Of(slot.Slot, rank).Url is { } url && url.All(c => c is > ' ' and < '\x7f' and not '<' and not '>'))
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
