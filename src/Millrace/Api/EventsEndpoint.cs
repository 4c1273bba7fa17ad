using Microsoft.AspNetCore.Http;

namespace Millrace.Api;

/// <summary>POST /v1/events: takes events in, and acknowledges them when they are durable.</summary>
internal sealed class EventsEndpoint(ApiServices services)
{
    public async Task PostAsync(HttpContext context)
    {
        var attester = new EventAttester(services, services.Tenant(context), services.IsTrusted(context));
        var type = RequestBody.ContentType(context, RequestBody.JsonType, RequestBody.NdjsonType);
        var tally = new BatchTally(services, type == RequestBody.JsonType ? "index" : "line");
        if (type == RequestBody.JsonType)
        {
            var envelope = await RequestBody.ReadAsync(context, services, EventShape.Envelope);
            try
            {
                await new EventBatch(services, attester, tally).ApplyAsync(envelope.Events);
            }
            catch (ProblemException) when (tally.HasOutcomes)
            {
                // Each event of the list has its own entry: what the journal did not take stands in rejected[].
            }
        }
        else
        {
            await NdjsonRequest.ApplyAsync(context, services, EventShape.One, tally, batch => new EventBatch(services, attester, tally).ApplyAsync(batch));
        }

        await Reply.JsonAsync(context, StatusCodes.Status202Accepted, json => tally.Write(json, "accepted", "duplicates"));
    }
}
