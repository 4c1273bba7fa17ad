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

/// <summary>DELETE /v1/users/{id}: the right to be forgotten.</summary>
internal sealed class UsersEndpoint(ApiServices services)
{
    /// <summary>Sessions named with one erasure.</summary>
    private const int MaxSessions = 1_000;

    private readonly Erasure _erasure = new(services);

    public async Task DeleteAsync(HttpContext context)
    {
        var user = Endpoint.PathId(context, 2);
        var erased = await _erasure.EraseAsync(services.Tenant(context), user, Sessions(context), context.RequestAborted);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteBoolean("erased", erased.Any);
            json.WriteNumber("sessions", erased.Sessions);
            Reply.Write(json, erased.Position);
        });
    }

    /// <summary>A misspelt parameter would leave a session unerased: nothing but <c>session</c> is taken.</summary>
    private static string[] Sessions(HttpContext context)
    {
        var query = context.Request.Query;
        string[] sessions = [.. query["session"].Select(session => session ?? "")];
        if (query.Keys.FirstOrDefault(name => name != "session") is { } unknown)
        {
            throw new ProblemException(ProblemReason.Invalid, $"Expected no query but session=…, got {Reading.Quote(unknown)}. Nothing was erased.");
        }

        var at = new Reading(default, 1);
        if (sessions.Length > MaxSessions)
        {
            throw new ProblemException(ProblemReason.Invalid, $"Expected at most {MaxSessions} sessions, got {sessions.Length}. Nothing was erased.");
        }

        return sessions.All(session => TextShape.Id.Check(session, at)) ? sessions : throw new ProblemException(ProblemReason.Invalid, "Expected ids of sessions. Nothing was erased.", at.Faults);
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
