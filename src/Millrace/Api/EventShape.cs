using Millrace.Api.Json;
using Millrace.Decisions.Pipeline;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>An event as it comes over the wire.</summary>
internal sealed class EventDraft
{
    public string Id { get; set; } = "";

    public string EventType { get; set; } = "";

    public string Item { get; set; } = "";

    public string? DecisionId { get; set; }

    public string? User { get; set; }

    public string? Session { get; set; }

    public int? Position { get; set; }

    public long? ValueMicros { get; set; }

    public string? Unit { get; set; }

    public UnixMicros? Time { get; set; }

    public string? Token { get; set; }

    /// <summary>The slot that the token states; not on the wire.</summary>
    public string? Slot { get; set; }

    /// <summary>What makes two events of one id the same event. Time and token are judged apart.</summary>
    public UInt128 Content() => Content(EventType, Item, DecisionId, Position, ValueMicros, Unit, User, Session);

    public static UInt128 Content(Observed fact) =>
        Content(fact.Event, fact.Item, fact.Decision, fact.Rank, fact.ValueMicros, fact.Unit, fact.User, fact.Session);

    /// <summary>The event without what concerns a person: all that can be compared with one whose person was erased.</summary>
    public UInt128 OpenContent() => Content(EventType, Item, DecisionId, Position, ValueMicros, Unit, null, null);

    public Observed ToFact(string tenant, UnixMicros now, bool attested, bool unvouched, bool withheld, DecisionContext? decision) => new()
    {
        Id = Id,
        Tenant = tenant,
        Time = Time ?? now,
        Event = EventType,
        Item = Item,
        Decision = DecisionId,
        Rank = Position,
        Slot = attested ? Slot : null,
        Surface = decision?.Surface,
        Segment = decision?.Segment,
        Context = decision?.Context ?? FactContext.None,
        ValueMicros = ValueMicros,
        Unit = Unit,
        User = User,
        Session = Session,
        Attested = attested,
        Unvouched = unvouched,
        Withheld = withheld,
    };

    private static UInt128 Content(string type, string item, string? decision, int? rank, long? value, string? unit, string? user, string? session) =>
        new ContentHash().Add(type).Add(item).Add(decision).Add(rank).Add(value).Add(unit).Add(user).Add(session).Value;
}

/// <summary>What an event must be.</summary>
internal static class EventShape
{
    /// <summary>DESIGN §9: a time further ahead than this is refused.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(5);

    public static readonly ObjectShape<EventDraft> One = new ObjectShape<EventDraft>("Event", "Somebody saw, clicked, stayed, bought, hid or reported an item.")
        .With("id", TextShape.Id, (e, v) => e.Id = v, "Idempotent under this id for 24 hours.", required: true)
        .With("type", new TextShape(1, 64, "a type"), (e, v) => e.EventType = v, "impression, click, dwell, conversion, hide, report, or a name of your own.", required: true)
        .With("item", TextShape.Id, (e, v) => e.Item = v, "The item's id.", required: true)
        .With("decisionId", TextShape.Id, (e, v) => e.DecisionId = v, "The decision that showed it.")
        .With("user", TextShape.Id, (e, v) => e.User = v, "The user, when known.")
        .With("session", TextShape.Id, (e, v) => e.Session = v, "The session.")
        .With("position", new WholeShape(1, 10_000), (e, v) => e.Position = v, "The 1-based rank at which it was shown; the token's when left out, and refused when it is another.")
        .With("value", new MicrosShape(), (e, v) => e.ValueMicros = v, "What it is worth, in units of unit.")
        .With("unit", new TextShape(1, 16, "a unit"), (e, v) => e.Unit = v, "The value's unit, such as s or EUR.")
        .With("time", new TimeShape(MaxAhead), (e, v) => e.Time = v, "When it happened; now when left out.")
        .With("token", new TextShape(1, 768, "a token"), (e, v) => e.Token = v, "The item's token from the decision; it attests the event. Without one, an event under a browser's key counts in no feature, unless events.unattested says so.")
        .Holding((e, at) =>
        {
            if (e.Unit is not null && e.ValueMicros is null)
            {
                at.AddBelow("/value", "a value, since there is a unit", "nothing");
            }

            if (e.Token is not null && e.DecisionId is null)
            {
                at.AddBelow("/decisionId", "the decision that the token is of", "nothing");
            }
        });

    public static readonly ObjectShape<EventsDraft> Envelope = new ObjectShape<EventsDraft>("Events", "A batch of events; each stands or falls by itself.")
        .With("events", new RecordsShape<EventDraft>(One, 10_000), (e, v) => e.Events = v, "The events.", required: true);
}

/// <summary>The JSON envelope of events.</summary>
internal sealed class EventsDraft
{
    public List<BatchRecord<EventDraft>> Events { get; set; } = [];
}
