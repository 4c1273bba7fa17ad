using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>
/// Which event ids were applied, per tenant, for as long as an event may come again. A cached copy of the journal's events: rebuilt from it on
/// start, bounded in count; what the bound pushed out is looked up in the journal. Thread-safe.
/// </summary>
internal sealed class EventIds(IJournal journal, int max, ApiMetrics metrics)
{
    /// <summary>24 hours (DESIGN §9), and the five minutes by which an event's time may run ahead: younger than both, it could come again.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(24) + EventShape.MaxAhead;

    private const int ReadAtOnce = 1_024;

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Known> _known = [];
    private readonly Queue<(UInt128 Key, UnixMicros Until)> _order = new();
    private readonly Dictionary<UInt128, EventClaim> _pending = [];
    private UnixMicros _forgottenEarlyUntil = new(long.MinValue);

    /// <summary>Reads back the events of the last <see cref="Remembered"/>.</summary>
    public async Task LoadAsync(UnixMicros now, CancellationToken cancellation)
    {
        for (var partition = 0; partition < journal.Partitions(JournalStream.Events); partition++)
        {
            var next = await journal.SeekAsync(JournalStream.Events, partition, now - Remembered, cancellation);
            while (await journal.ReadAsync(JournalStream.Events, partition, next, ReadAtOnce, cancellation) is { Count: > 0 } facts)
            {
                lock (_lock)
                {
                    foreach (var fact in facts.Select(f => f.Fact).OfType<Observed>())
                    {
                        Remember(KeyOf(fact.Tenant, fact.Id), Known.Of(fact), fact.Received);
                    }
                }

                next = facts[^1].Position.Offset + 1;
            }
        }
    }

    /// <summary>Claims an id for a request.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="draft">The event.</param>
    /// <param name="owner">The request; a repetition within one request needs no waiting.</param>
    /// <param name="now">For forgetting.</param>
    /// <param name="claim">The claim to settle when <see cref="IdState.Mine"/>; the one to wait for when <see cref="IdState.Pending"/>.</param>
    public IdState Claim(string tenant, EventDraft draft, object owner, UnixMicros now, out EventClaim? claim)
    {
        var key = KeyOf(tenant, draft.Id);
        var content = draft.Content();
        claim = null;
        lock (_lock)
        {
            Forget(now);
            if (_known.TryGetValue(key, out var known))
            {
                return Compare(known, draft, content);
            }

            if (_pending.TryGetValue(key, out var other))
            {
                claim = other;
                return other.Owner == owner ? Compare(new(other.Content, other.Time ?? now, Erased: false), draft, content) : IdState.Pending;
            }

            claim = _pending[key] = new EventClaim(key, content, draft.Time, owner);
            return IdState.Mine;
        }
    }

    /// <summary>Asks the journal about an id that memory may have had to forget.</summary>
    public async ValueTask<IdState> LookUpAsync(string tenant, EventDraft draft, UnixMicros now, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_forgottenEarlyUntil < now)
            {
                return IdState.Mine;
            }
        }

        // A search also finds the events of a decision of that name, hence not the first alone.
        var found = await journal.FindAsync(JournalStream.Events, draft.Id, tenant, 64, cancellation);
        var earlier = found.Select(f => f.Fact).OfType<Observed>().LastOrDefault(f => f.Id == draft.Id && f.Received > now - Remembered);
        return earlier is null ? IdState.Mine : Compare(Known.Of(earlier), draft, draft.Content());
    }

    /// <summary>Ends a claim: applied (the fact is durable) or abandoned, which lets those who wait try for themselves.</summary>
    public void Settle(EventClaim claim, bool applied, UnixMicros time, UnixMicros now)
    {
        lock (_lock)
        {
            _pending.Remove(claim.Key);
            if (applied)
            {
                Remember(claim.Key, new(claim.Content, time, Erased: false), now);
            }
        }

        claim.Settled.TrySetResult();
    }

    private void Remember(UInt128 key, Known known, UnixMicros received)
    {
        if (!_known.TryAdd(key, known))
        {
            return;
        }

        _order.Enqueue((key, received + Remembered));
        if (_known.Count > max)
        {
            metrics.LimitHit("rememberedEvents");
            var (oldest, until) = _order.Dequeue();
            _known.Remove(oldest);
            _forgottenEarlyUntil = until > _forgottenEarlyUntil ? until : _forgottenEarlyUntil;
        }
    }

    private void Forget(UnixMicros now)
    {
        while (_order.TryPeek(out var oldest) && oldest.Until < now)
        {
            _known.Remove(_order.Dequeue().Key);
        }
    }

    // An event that came without a time is the same event when it comes again without one.
    private static IdState Compare(Known known, EventDraft draft, UInt128 content) =>
        known.Content == (known.Erased ? draft.OpenContent() : content) && (draft.Time is null || draft.Time == known.Time) ? IdState.Duplicate : IdState.Conflict;

    private static UInt128 KeyOf(string tenant, string id) => ContentHash.Of(tenant, id);

    /// <summary>An event that was applied; of one whose person was erased since, the content is what stands in the open.</summary>
    private readonly record struct Known(UInt128 Content, UnixMicros Time, bool Erased)
    {
        public static Known Of(Observed fact) => new(EventDraft.Content(fact), fact.Time, fact.Erased);
    }
}

/// <summary>A request's hold on an event id until its fact is durable.</summary>
internal sealed class EventClaim(UInt128 key, UInt128 content, UnixMicros? time, object owner)
{
    public UInt128 Key { get; } = key;

    public UInt128 Content { get; } = content;

    public UnixMicros? Time { get; } = time;

    public object Owner { get; } = owner;

    /// <summary>Completes when the claim ends, either way.</summary>
    public TaskCompletionSource Settled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What is known of an event id.</summary>
internal enum IdState
{
    /// <summary>New: claimed by the asker.</summary>
    Mine,

    /// <summary>Applied, with the same body.</summary>
    Duplicate,

    /// <summary>Applied, with another body.</summary>
    Conflict,

    /// <summary>Another request is appending it now.</summary>
    Pending,
}
