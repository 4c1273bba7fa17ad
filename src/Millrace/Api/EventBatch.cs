using Millrace.Api.Json;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>Applies one batch of a request's events: claims their ids, appends them, and settles each claim by its own outcome.</summary>
internal sealed class EventBatch(ApiServices services, EventAttester attester, BatchTally tally)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    private ProblemException? _refused;

    /// <summary>Applies the records; each is counted or refused by name. Never cancelled half-way: a client that leaves does not leave its claims behind.</summary>
    /// <exception cref="ProblemException">The journal took some or none: what it did not take is refused in the tally.</exception>
    public async Task ApplyAsync(List<BatchRecord<EventDraft>> records)
    {
        var open = Admit(records);

        // Ids that another request is appending wait for it only after our own are settled, so that two requests never wait for each other.
        while (open.Count > 0 && _refused is null)
        {
            var waiting = await ApplyOwnAsync(open);
            if (_refused is null)
            {
                foreach (var (_, other) in waiting)
                {
                    await other.Settled.Task;
                }
            }

            open = [.. waiting.Select(w => w.Record)];
        }

        if (_refused is not null)
        {
            foreach (var record in open)
            {
                tally.Reject(record.Index, record.Value.Id, _refused.Reason);
            }

            throw _refused;
        }
    }

    private List<BatchRecord<EventDraft>> Admit(List<BatchRecord<EventDraft>> records)
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
                attester.Place(record.Value);
                open.Add(record);
            }
        }

        return open;
    }

    private async Task<List<(BatchRecord<EventDraft> Record, EventClaim Other)>> ApplyOwnAsync(List<BatchRecord<EventDraft>> records)
    {
        var waiting = new List<(BatchRecord<EventDraft>, EventClaim)>();
        var own = new List<(BatchRecord<EventDraft> Record, EventClaim Claim, Observed Fact)>();
        var pending = new HashSet<EventClaim>();
        try
        {
            foreach (var record in records)
            {
                var state = services.Memory.Events.Claim(attester.Tenant, record.Value, pending, services.Now, out var claim);
                if (state == IdState.Pending)
                {
                    waiting.Add((record, claim!));
                }
                else if (state != IdState.Mine)
                {
                    Known(state, record);
                }
                else
                {
                    pending.Add(claim!);
                    if (await PrepareAsync(record) is { } fact)
                    {
                        own.Add((record, claim!, fact));
                    }
                    else
                    {
                        Settle(pending, claim!, applied: false, default);
                    }
                }
            }

            await AppendAsync(own, pending);
        }
        finally
        {
            foreach (var claim in pending.ToArray())
            {
                Settle(pending, claim, applied: false, default);
            }
        }

        return waiting;
    }

    /// <summary>The event's fact; null when it is known from the journal or its token does not attest it, which the tally then says.</summary>
    private async ValueTask<Observed?> PrepareAsync(BatchRecord<EventDraft> record)
    {
        var now = services.Now;
        var state = await services.Memory.Events.LookUpAsync(attester.Tenant, record.Value, now, CancellationToken.None);
        if (state != IdState.Mine)
        {
            Known(state, record);
            return null;
        }

        if (attester.Refusal(record.Value) is var (reason, fault))
        {
            tally.Reject(record.Index, record.Value.Id, reason, fault);
            return null;
        }

        return await attester.FactAsync(record.Value, now);
    }

    private async Task AppendAsync(List<(BatchRecord<EventDraft> Record, EventClaim Claim, Observed Fact)> own, HashSet<EventClaim> pending)
    {
        for (var at = 0; at < own.Count; at += services.Limits.BatchRecords)
        {
            var part = own.GetRange(at, Math.Min(services.Limits.BatchRecords, own.Count - at));
            var positions = _refused is null ? await AppendAsync(part) : null;
            for (var i = 0; i < part.Count; i++)
            {
                var (record, claim, fact) = part[i];
                var applied = positions?[i] is not null;
                Settle(pending, claim, applied, fact.Time);
                if (applied)
                {
                    tally.Count("accepted");
                }
                else
                {
                    tally.Reject(record.Index, record.Value.Id, _refused!.Reason);
                }
            }
        }
    }

    private async Task<IReadOnlyList<Journal.Position?>> AppendAsync(List<(BatchRecord<EventDraft> Record, EventClaim Claim, Observed Fact)> part)
    {
        (var positions, _refused) = await Appending.AppendAsync(services, [.. part.Select(p => p.Fact)]);
        return positions;
    }

    private void Settle(HashSet<EventClaim> pending, EventClaim claim, bool applied, Journal.UnixMicros time)
    {
        pending.Remove(claim);
        services.Memory.Events.Settle(claim, applied, time, services.Now);
    }

    private void Known(IdState state, BatchRecord<EventDraft> record)
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
}
