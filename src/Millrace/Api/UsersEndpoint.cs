using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>What a user says to consent to, as it comes over the wire.</summary>
internal sealed class ConsentDraft
{
    public bool? Personalise { get; set; }

    public bool? Learn { get; set; }
}

/// <summary>GET /v1/users/{id}, what is kept of a user, and DELETE, which erases it.</summary>
internal sealed class UsersEndpoint(ApiServices services)
{
    /// <summary>Sessions named with one erasure.</summary>
    private const int MaxSessions = 1_000;

    private readonly Erasure _erasure = new(services);
    private readonly UserExport _export = new(services.Journal);

    public async Task GetAsync(HttpContext context)
    {
        var user = Endpoint.PathId(context, 2);
        var sessions = Sessions(context, "from");
        var from = context.Request.Query["from"] is [{ } text] ? _export.Parse(text) : UserExport.Start;
        if (from is not { } start)
        {
            throw new ProblemException(ProblemReason.Invalid, "Expected from to be the next of a page before.");
        }

        var (facts, next) = await _export.ReadAsync(services.Tenant(context), new HashSet<string>([user, .. sessions], StringComparer.Ordinal), start, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray("facts");
            foreach (var (stored, text) in facts)
            {
                json.WriteStartObject();
                json.WriteString("at", stored.Position.ToString());
                json.WriteString("type", stored.Fact.Type.ToString());
                json.WritePropertyName("fact");
                json.WriteRawValue(text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Reply.WriteOptional(json, "next", next?.ToString());
        });
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var user = Endpoint.PathId(context, 2);
        var erased = await _erasure.EraseAsync(services.Tenant(context), user, Sessions(context, null), context.RequestAborted);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteBoolean("erased", erased.Any);
            json.WriteNumber("sessions", erased.Sessions);
            Reply.Write(json, erased.Position);
        });
    }

    /// <summary>A misspelt parameter would leave a session unerased: nothing but <c>session</c> and <paramref name="other"/> is taken.</summary>
    private static string[] Sessions(HttpContext context, string? other)
    {
        var query = context.Request.Query;
        string[] sessions = [.. query["session"].Select(session => session ?? "")];
        if (query.Keys.FirstOrDefault(name => name != "session" && name != other) is { } unknown)
        {
            throw new ProblemException(ProblemReason.Invalid, $"Expected no query but session={(other is null ? "" : $" and {other}=")}, got {Reading.Quote(unknown)}. Nothing was done.");
        }

        var at = new Reading(default, 1);
        if (sessions.Length > MaxSessions)
        {
            throw new ProblemException(ProblemReason.Invalid, $"Expected at most {MaxSessions} sessions, got {sessions.Length}. Nothing was done.");
        }

        return sessions.All(session => TextShape.Id.Check(session, at)) ? sessions : throw new ProblemException(ProblemReason.Invalid, "Expected ids of sessions. Nothing was done.", at.Faults);
    }
}

/// <summary>PUT /v1/users/{id}/consent: what a user gave or withdrew, from the next request on.</summary>
internal sealed class ConsentEndpoint(ApiServices services)
{
    public static readonly ObjectShape<ConsentDraft> Shape = new ObjectShape<ConsentDraft>("Consent", "What a user consents to; what is left out stays as it was, and is given at first.")
        .With("personalise", new BoolShape(), (c, v) => c.Personalise = v, "That decisions use what is known of the user; false: they neither read nor record user and session.")
        .With("learn", new BoolShape(), (c, v) => c.Learn = v, "That the user's events count in items' features and train models; false: they are kept for the user alone.")
        .Holding((consent, at) =>
        {
            if (consent.Personalise is null && consent.Learn is null)
            {
                at.Add("personalise, learn or both", "neither");
            }
        });

    public async Task PutAsync(HttpContext context)
    {
        var user = Endpoint.PathId(context, 2);
        var draft = await RequestBody.ReadAsync(context, services, Shape);
        var fact = new ConsentChanged
        {
            Id = services.NewId(), Tenant = services.Tenant(context), Time = services.Now, User = user, Personalise = draft.Personalise, Learn = draft.Learn,
        };
        var position = await services.Journal.AppendAsync(fact);
        var consent = services.Memory.Consents.Apply(fact, position, services.Now);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteBoolean("personalise", consent.Personalise);
            json.WriteBoolean("learn", consent.Learn);
            Reply.Write(json, position);
        });
    }
}
