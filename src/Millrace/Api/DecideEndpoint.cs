using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>POST /v1/decide and /v1/decide:batch. Never wait for the disk.</summary>
internal sealed class DecideEndpoint(ApiServices services)
{
    public async Task PostAsync(HttpContext context)
    {
        var draft = await RequestBody.ReadAsync(context, services, DecideShape.One);
        var times = new StepTimes();
        var started = services.Clock.GetTimestamp();
        var decision = Decide(services.Tenant(context), draft, times);
        var took = services.Clock.GetElapsedTime(started);
        var links = DecisionLinks.Of(decision, services);
        Head(context, ServerTiming.Of(took, times), [(decision, links)]);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json => DecisionWriter.WriteReply(json, decision, links, took, draft.Explain, services));
    }

    /// <summary>Each request of the list stands or falls by itself, and all are answered one after the other: together they have one processor, as one request has.</summary>
    public async Task BatchAsync(HttpContext context)
    {
        var tenant = services.Tenant(context);
        var batch = await RequestBody.ReadAsync(context, services, DecideShape.Batch);
        var tally = new BatchTally(services, "index");
        var decided = new List<(int Index, Decided Decision, DecisionLinks Links, TimeSpan Took, bool Explain)>();
        var started = services.Clock.GetTimestamp();
        foreach (var (index, draft, faults) in batch.Decisions)
        {
            if (faults.Count > 0)
            {
                tally.Reject(index, draft?.DecisionId, ProblemReason.Invalid, faults);
                continue;
            }

            try
            {
                var began = services.Clock.GetTimestamp();
                var decision = Decide(tenant, draft!, times: null);
                decided.Add((index, decision, DecisionLinks.Of(decision, services), services.Clock.GetElapsedTime(began), draft!.Explain));
            }
            catch (ProblemException problem)
            {
                tally.Reject(index, draft!.DecisionId, problem.Reason, problem.Faults);
            }
        }

        var took = services.Clock.GetElapsedTime(started);
        Head(context, ServerTiming.Of(took, times: null), decided.Select(one => (one.Decision, one.Links)));
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray("decisions");
            foreach (var (index, decision, links, one, explain) in decided)
            {
                json.WriteStartObject();
                json.WriteNumber("index", index);
                DecisionWriter.WriteReply(json, decision, links, one, explain, services);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            tally.Write(json);
            DecisionWriter.WriteTook(json, took);
        });
    }

    private Decided Decide(string tenant, DecideDraft draft, StepTimes? times)
    {
        try
        {
            var personal = draft.Personalise && services.Memory.Consents.Of(tenant, draft.User).Personalise;
            return services.Decide(draft.ToRequest(tenant, draft.DecisionId ?? services.NewId(), personal), times);
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

    private void Head(HttpContext context, string timing, IEnumerable<(Decided Decision, DecisionLinks Links)> decided)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "private, no-store";
        headers["Server-Timing"] = timing;
        if (Preloads(decided).Take(services.Limits.MaxPreloads).ToArray() is { Length: > 0 } links)
        {
            headers.Link = string.Join(", ", links);
        }
    }

    private static IEnumerable<string> Preloads(IEnumerable<(Decided Decision, DecisionLinks Links)> decided)
    {
        foreach (var (decision, links) in decided)
        {
            foreach (var slot in decision.Slots)
            {
                for (var rank = 1; rank <= slot.Items.Length; rank++)
                {
                    // A URL that cannot stand in a header line as it is is left to the body.
                    if (links.Of(slot.Slot, rank).Url is { } url && url.All(c => c is > ' ' and < '\x7f' and not '<' and not '>'))
                    {
                        yield return $"<{url}>; rel=preload; as=fetch";
                    }
                }
            }
        }
    }
}
