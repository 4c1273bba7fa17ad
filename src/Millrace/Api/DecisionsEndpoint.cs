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
        var (decision, earlier) = await FindAsync(context);
        var delivered = await FactsAsync<Delivered>(context, JournalStream.Deliveries, decision.Id);
        var observed = await FactsAsync<Observed>(context, JournalStream.Events, decision.Id);
        string[] truncated = [.. delivered.Truncated ? ["delivered"] : (string[])[], .. observed.Truncated ? ["observed"] : (string[])[]];
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
            delivered.Facts.ForEach(fact => Write(json, fact));
            json.WriteEndArray();
            json.WriteStartArray("observed");
            observed.Facts.ForEach(fact => Write(json, fact));
            json.WriteEndArray();
            WriteTexts(json, "truncated", truncated);

            // Facts name a decision by its id alone: delivered and observed are those of all that had it.
            WriteTexts(json, "earlier", [.. earlier.Select(other => other.Time.ToString())]);
        });
    }

    public async Task ExplainAsync(HttpContext context)
    {
        var (decision, _) = await FindAsync(context);
        var explanation = services.Explain(decision, AskedItem(context));
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("decisionId", decision.Id);
            json.WriteString("policy", decision.Policy);
            DecisionWriter.WriteDegraded(json, decision);
            ExplanationWriter.Write(json, decision, explanation);
        });
    }

    private static string? AskedItem(HttpContext context)
    {
        foreach (var (name, values) in context.Request.Query)
        {
            if (name != "item")
            {
                throw new ProblemException(ProblemReason.Invalid, "Expected no other parameter than item.", [new($"?{name}", "a known parameter", "an unknown parameter", "item")]);
            }

            if (values is not [{ Length: >= 1 and <= 128 }])
            {
                throw new ProblemException(ProblemReason.Invalid, "Expected one item.", [new("?item", "an item id of 1 to 128 characters, once", Reading.Quote(values.ToString()))]);
            }
        }

        return context.Request.Query["item"] is [{ } item] ? item : null;
    }

    public async Task ReplayAsync(HttpContext context)
    {
        var answer = services.Replay((await FindAsync(context)).Newest);
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

    /// <summary>An id is remembered for ten minutes only, and may then be used again: the newest decision of it, and those before it.</summary>
    private async Task<(Decided Newest, Decided[] Earlier)> FindAsync(HttpContext context)
    {
        var id = Endpoint.PathId(context, 2);
        var found = await services.Journal.FindAsync(JournalStream.Decisions, id, services.Tenant(context), services.Limits.MaxFactsShown, context.RequestAborted);
        Decided[] all = [.. found.Select(f => f.Fact).OfType<Decided>().Where(d => d.Id == id).OrderBy(d => d.Received.Value)];
        return all.Length > 0 ? (all[^1], all[..^1]) : throw new ProblemException(
            ProblemReason.UnknownDecision, $"Expected the id of a journalled decision, got {Reading.Quote(id)}; they are written behind the reply.");
    }

    private async Task<(List<T> Facts, bool Truncated)> FactsAsync<T>(HttpContext context, JournalStream stream, string decision)
        where T : Fact
    {
        var most = services.Limits.MaxFactsShown;
        var found = await services.Journal.FindAsync(stream, decision, services.Tenant(context), most + 1, context.RequestAborted);
        if (found.Count > most)
        {
            services.Metrics.LimitHit("maxFactsShown");
        }

        return ([.. found.Take(most).Select(f => f.Fact).OfType<T>().Where(f => f.DecisionKey == decision)], found.Count > most);
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, string[] texts)
    {
        if (texts.Length == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
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
        json.WriteBoolean("counted", fact.Counts);
        json.WriteString("time", fact.Time.ToString());
        json.WriteEndObject();
    }
}
