using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Decisions.Pipeline;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>POST /v1/events: takes events in, and acknowledges them when they are durable.</summary>
internal sealed class EventsEndpoint(ApiServices services)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    public async Task PostAsync(HttpContext context)
    {
        var sender = new Sender(services.Tenant(context), services.IsTrusted(context));
        var type = RequestBody.ContentType(context, RequestBody.JsonType, RequestBody.NdjsonType);
        var tally = new BatchTally(services, type == RequestBody.JsonType ? "index" : "line");
        if (type == RequestBody.JsonType)
        {
            var (envelope, _) = await RequestBody.ReadAsync(context, services, EventShape.Envelope);
            await ApplyAsync(sender, envelope.Events, tally);
        }
        else
        {
            await using var body = RequestBody.Open(context, services, services.Limits.MaxNdjsonBytes, "maxNdjsonBytes");
            var lines = new NdjsonRecords<EventDraft>(body, EventShape.One, services);
            while (await lines.NextAsync(context.RequestAborted) is { Count: > 0 } batch)
            {
                await ApplyAsync(sender, batch, tally);
            }
        }

        await Reply.JsonAsync(context, StatusCodes.Status202Accepted, json => tally.Write(json, "accepted", "duplicates"));
    }

    /// <summary>Applies a batch. Never cancelled half-way: a client that leaves does not leave its claims behind.</summary>
    private async Task ApplyAsync(Sender sender, List<BatchRecord<EventDraft>> records, BatchTally tally)
    {
        var open = new List<BatchRecord<EventDraft>>();
        foreach (var record in records)
        {
            if (record.Faults.Count > 0 || record.Value is null)
            {
                tally.Reject(record.Index, record.Value?.Id, ProblemReason.Invalid, record.Faults);
            }
            else if (record.Value.Time is { } time && time < services.Now - MaxAge)
            {
                tally.Reject(record.Index, record.Value.Id, ProblemReason.TooOld, new Fault("/time", "a time within the last 24 hours", time.ToString()));
            }
            else
            {
                PlaceByToken(sender.Tenant, record.Value);
                open.Add(record);
            }
        }

        // Ids that another request is appending wait for it only after our own are settled, so that two requests never wait for each other.
        while (open.Count > 0)
        {
            var waiting = await ApplyOwnAsync(sender, open, tally);
            foreach (var (_, other) in waiting)
            {
                await other.Settled.Task;
            }

            open = [.. waiting.Select(w => w.Record)];
        }
    }

    private async Task<List<(BatchRecord<EventDraft> Record, EventClaim Other)>> ApplyOwnAsync(
        Sender sender, List<BatchRecord<EventDraft>> records, BatchTally tally)
    {
        var tenant = sender.Tenant;
        var ids = services.Memory.Events;
        var waiting = new List<(BatchRecord<EventDraft>, EventClaim)>();
        var claims = new List<EventClaim>();
        var facts = new List<Observed>();
        var settled = 0;
        try
        {
            foreach (var record in records)
            {
                var now = services.Now;
                var state = ids.Claim(tenant, record.Value, claims, now, out var claim);
                if (state == IdState.Pending)
                {
                    waiting.Add((record, claim!));
                }
                else if (state != IdState.Mine)
                {
                    Known(state, record, tally);
                }
                else
                {
                    claims.Add(claim!);
                    state = await ids.LookUpAsync(tenant, record.Value, now, CancellationToken.None);
                    if (state != IdState.Mine || !TryAttest(tenant, record, tally, out var attested))
                    {
                        Known(state, record, tally);
                        claims.Remove(claim!);
                        ids.Settle(claim!, applied: false, default, now);
                        continue;
                    }

                    var vouched = attested || sender.IsTrusted;
                    var decision = record.Value.DecisionId is { } id ? await ContextAsync(tenant, id, vouched) : null;
                    facts.Add(record.Value.ToFact(tenant, now, attested, unvouched: !vouched && !services.CountUnattested, decision));
                }
            }

            for (var at = 0; at < facts.Count; at += services.Limits.BatchRecords)
            {
                var count = Math.Min(services.Limits.BatchRecords, facts.Count - at);
                await services.Journal.AppendAsync(facts.GetRange(at, count));
                for (; settled < at + count; settled++)
                {
                    ids.Settle(claims[settled], applied: true, facts[settled].Time, services.Now);
                    tally.Count("accepted");
                }
            }
        }
        finally
        {
            foreach (var claim in claims.Skip(settled))
            {
                ids.Settle(claim, applied: false, default, services.Now);
            }
        }

        return waiting;
    }

    private static void Known(IdState state, BatchRecord<EventDraft> record, BatchTally tally)
    {
        if (state == IdState.Duplicate)
        {
            tally.Count("duplicates");
        }
        else if (state == IdState.Conflict)
        {
            tally.Reject(record.Index, record.Value.Id, ProblemReason.Conflict, new Fault("/id", "a new id, or the body that it came with first", "another body"));
        }
    }

    /// <summary>The place that a genuine token states, for an event that states none: before ids are compared, so that a retry is the same event.</summary>
    private void PlaceByToken(string tenant, EventDraft draft)
    {
        if (draft.Token is not null && services.Tokens.Read(draft.Token, tenant) is { } shown)
        {
            draft.Position ??= shown.Rank;
            draft.Slot = shown.Slot;
        }
    }

    /// <summary>
    /// What the event inherits from its decision. Memory knows the decisions of a day or of this start; the journal is asked for others, but not on the
    /// word of somebody whom nobody vouches for, since each such question costs a search.
    /// </summary>
    private async ValueTask<DecisionContext?> ContextAsync(string tenant, string decision, bool vouched)
    {
        var recalled = services.Recall(tenant, decision);
        if (recalled is not null || !vouched)
        {
            return recalled;
        }

        var found = await services.Journal.FindAsync(JournalStream.Decisions, decision, tenant, 1);
        return found is [{ Fact: Decided decided }] && decided.Id == decision ? new DecisionContext(decided.Surface, decided.Segment) : null;
    }

    private bool TryAttest(string tenant, BatchRecord<EventDraft> record, BatchTally tally, out bool attested)
    {
        var draft = record.Value;
        attested = draft.Token is not null;
        var verdict = draft.Token is null
            ? TokenVerdict.Valid
            : services.Tokens.Verify(new(draft.Token, tenant, draft.DecisionId, draft.Item, draft.Position, draft.EventType, draft.Id));
        if (verdict == TokenVerdict.Valid)
        {
            return true;
        }

        var (reason, got) = verdict switch
        {
            TokenVerdict.Forged => (ProblemReason.TokenForged, "one that this node did not sign"),
            TokenVerdict.Foreign => (ProblemReason.TokenForeign, "one of another decision, item or tenant"),
            TokenVerdict.Mismatch => (ProblemReason.TokenMismatch, "one that was shown at another position"),
            TokenVerdict.Expired => (ProblemReason.TokenExpired, "one that is too old"),
            _ => (ProblemReason.TokenReplayed, "one that was spent on another event of this type"),
        };
        tally.Reject(record.Index, draft.Id, reason, new Fault("/token", "the token of this decision's item, or none", got));
        return false;
    }

    /// <param name="Tenant">Whose events they are.</param>
    /// <param name="IsTrusted">Whether the key is a secret.</param>
    private readonly record struct Sender(string Tenant, bool IsTrusted);
}
