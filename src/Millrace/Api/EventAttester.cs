using Millrace.Api.Json;
using Millrace.Decisions.Pipeline;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>What a request's events are worth: checks their tokens, and gives them what they inherit from their decisions.</summary>
/// <param name="services">Of the API.</param>
/// <param name="tenant">Whose events they are.</param>
/// <param name="isTrusted">Whether the request's key is a secret, so that its sender vouches for them.</param>
internal sealed class EventAttester(ApiServices services, string tenant, bool isTrusted)
{
    public string Tenant { get; } = tenant;

    /// <summary>The place that a genuine token states, for an event that states none: before ids are compared, so that a retry is the same event.</summary>
    public void Place(EventDraft draft)
    {
        if (draft.Token is not null && services.Tokens.Read(draft.Token, Tenant) is { } shown)
        {
            draft.Position ??= shown.Rank;
            draft.Slot = shown.Slot;
        }
    }

    /// <summary>Why an event's token does not attest it; null when it does, or when there is none.</summary>
    public (ProblemReason Reason, Fault Fault)? Refusal(EventDraft draft)
    {
        var verdict = draft.Token is null
            ? TokenVerdict.Valid
            : services.Tokens.Verify(new(draft.Token, Tenant, draft.DecisionId, draft.Item, draft.Position, draft.EventType, draft.Id));
        if (verdict == TokenVerdict.Valid)
        {
            return null;
        }

        var (reason, got) = verdict switch
        {
            TokenVerdict.Forged => (ProblemReason.TokenForged, "one that this node did not sign"),
            TokenVerdict.Foreign => (ProblemReason.TokenForeign, "one of another decision, item or tenant"),
            TokenVerdict.Mismatch => (ProblemReason.TokenMismatch, "one that was shown at another position"),
            TokenVerdict.Expired => (ProblemReason.TokenExpired, "one that is too old"),
            _ => (ProblemReason.TokenReplayed, "one that was spent on another event of this type"),
        };
        return (reason, new Fault("/token", "the token of this decision's item, or none", got));
    }

    /// <summary>The fact of an event whose token, if any, attests it.</summary>
    public async ValueTask<Observed> FactAsync(EventDraft draft, UnixMicros now)
    {
        var attested = draft.Token is not null;
        var vouched = attested || isTrusted;
        var decision = draft.DecisionId is { } id ? await ContextAsync(id, vouched) : null;
        var withheld = !services.Memory.Consents.Of(Tenant, draft.User).Learn;
        var inherited = draft.User is null && draft.Session is null ? decision?.InTheOpen() : decision;
        return draft.ToFact(Tenant, now, attested, unvouched: !vouched && !services.CountUnattested, withheld, inherited);
    }

    /// <summary>
    /// What the event inherits from its decision. Memory knows the decisions of a day or of this start; the journal is asked for others, but not on the
    /// word of somebody whom nobody vouches for, since each such question costs a search.
    /// </summary>
    private async ValueTask<DecisionContext?> ContextAsync(string decision, bool vouched)
    {
        var recalled = services.Recall(Tenant, decision);
        if (recalled is not null || !vouched)
        {
            return recalled;
        }

        try
        {
            var found = await services.Journal.FindAsync(JournalStream.Decisions, decision, Tenant, 1);
            return found is [{ Fact: Decided decided }] && decided.Id == decision ? DecisionContext.Of(decided) : null;
        }
        catch (JournalReadException refused)
        {
            services.Faulted(refused); // The event is worth more than the segment of its decision.
            return null;
        }
    }
}
