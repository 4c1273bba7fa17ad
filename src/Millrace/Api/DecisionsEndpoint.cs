using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>GET /v1/decisions/{id}, …/explain and POST …/replay: what was decided, delivered and observed, read from the journal.</summary>
internal sealed class DecisionsEndpoint(ApiServices services)
{
    public async Task GetAsync(HttpContext context)
    {
        var decision = await FindAsync(context);
        var delivered = await FactsAsync<Delivered>(context, JournalStream.Deliveries, decision.Id);
        var observed = await FactsAsync<Observed>(context, JournalStream.Events, decision.Id);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            DecisionWriter.Write(json, decision, DecisionLinks.None);
            json.WriteString("surface", decision.Surface);
            json.WriteString("mode", decision.Mode);
            json.WriteString("time", decision.Time.ToString());
            json.WriteNumber("engine", decision.Engine);
            json.WriteNumber("candidates", decision.CandidateCount);
            json.WriteBoolean("full", decision.Inputs is not null);
            json.WriteBoolean("erased", decision.Erased);
            json.WriteStartArray("delivered");
            delivered.ForEach(fact => Write(json, fact));
            json.WriteEndArray();
            json.WriteStartArray("observed");
            observed.ForEach(fact => Write(json, fact));
            json.WriteEndArray();
        });
    }

    public async Task ExplainAsync(HttpContext context)
    {
        var decision = await FindAsync(context);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("decisionId", decision.Id);
            json.WriteString("policy", decision.Policy);
            var explained = DecisionWriter.TryExplain(json, decision, services.Policy(decision.Policy));
            json.WriteString("verdict", explained ? "explained" : decision.Erased ? "erased" : decision.Inputs is null ? "notRecorded" : "policyMissing");
        });
    }

    public async Task ReplayAsync(HttpContext context)
    {
        var answer = services.Replay(await FindAsync(context));
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("verdict", answer.Verdict);
            json.WriteStartArray("diff");
            foreach (var difference in answer.Differences)
            {
                json.WriteStringValue(difference);
            }

            json.WriteEndArray();
        });
    }

    private async Task<Decided> FindAsync(HttpContext context)
    {
        var id = Endpoint.PathId(context, 2);
        var found = await services.Journal.FindAsync(JournalStream.Decisions, id, services.Tenant(context), 1, context.RequestAborted);
        return found is [{ Fact: Decided decision }] ? decision : throw new ProblemException(
            ProblemReason.UnknownDecision, $"Expected the id of a journalled decision, got {Reading.Quote(id)}; they are written behind the reply.");
    }

    private async Task<List<T>> FactsAsync<T>(HttpContext context, JournalStream stream, string decision)
        where T : Fact
    {
        var found = await services.Journal.FindAsync(stream, decision, services.Tenant(context), services.Limits.MaxFactsShown, context.RequestAborted);
        return [.. found.Select(f => f.Fact).OfType<T>().Where(f => f.DecisionKey == decision)];
    }

    private static void Write(Utf8JsonWriter json, Delivered fact)
    {
        json.WriteStartObject();
        Reply.WriteOptional(json, "item", fact.Item);
        if (fact.Rank is { } rank)
        {
            json.WriteNumber("rank", rank);
        }

        json.WriteString("route", fact.Route);
        json.WriteString("outcome", fact.Outcome);
        json.WriteNumber("status", fact.Status);
        json.WriteNumber("timeToFirstByteMs", fact.TimeToFirstByte.TotalMilliseconds);
        json.WriteNumber("bodyBytes", fact.BodyBytes);
        json.WriteBoolean("complete", fact.Complete);
        json.WriteString("time", fact.Time.ToString());
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Observed fact)
    {
        json.WriteStartObject();
        json.WriteString("id", fact.Id);
        json.WriteString("type", fact.Event);
        json.WriteString("item", fact.Item);
        if (fact.Rank is { } rank)
        {
            json.WriteNumber("position", rank);
        }

        Reply.WriteOptional(json, "slot", fact.Slot);
        if (fact.ValueMicros is { } value)
        {
            json.WriteNumber("value", value / 1_000_000m);
            Reply.WriteOptional(json, "unit", fact.Unit);
        }

        json.WriteBoolean("attested", fact.Attested);
        json.WriteBoolean("counted", !fact.Unvouched);
        json.WriteString("time", fact.Time.ToString());
        json.WriteEndObject();
    }
}
