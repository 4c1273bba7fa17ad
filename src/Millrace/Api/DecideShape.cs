using System.Collections.Immutable;
using Millrace.Api.Json;
using Millrace.Decisions;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Api;

/// <summary>A decide request as it comes over the wire.</summary>
internal sealed class DecideDraft
{
    public string? DecisionId { get; set; }

    public string Surface { get; set; } = "";

    public string? User { get; set; }

    public string? Session { get; set; }

    public UnixMicros Time { get; set; }

    public ImmutableSortedDictionary<string, string> Context { get; set; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public ImmutableArray<CandidateDraft> Candidates { get; set; }

    public ImmutableArray<string> Exclude { get; set; } = [];

    public ImmutableArray<SlotDraft> Slots { get; set; }

    public SlateConstraints? Constraints { get; set; }

    public DecideMode Mode { get; set; }

    public bool Explain { get; set; }

    /// <summary>False when the request says that its person does not consent to being known.</summary>
    public bool Personalise { get; set; } = true;

    public TimeSpan? Timeout { get; set; }

    /// <param name="tenant">Whose request it is.</param>
    /// <param name="id">The decision's id.</param>
    /// <param name="personal">Whether the decision may know who asks; else it neither reads nor records user and session.</param>
    public DecideRequest ToRequest(string tenant, string id, bool personal) => new()
    {
        DecisionId = id,
        Tenant = tenant,
        Surface = Surface,
        User = personal ? User : null,
        Session = personal ? Session : null,
        Time = Time,
        Context = Context,
        Candidates = Candidates.IsDefault ? default : [.. Candidates.Select(c => new RequestCandidate(c.Id, c.Features))],
        Exclude = Exclude,
        Slots = Slots.IsDefault ? default : [.. Slots.Select(s => new RequestSlot(s.Id, s.Count, s.Baseline))],
        Constraints = Constraints,
        Mode = Mode,
        Timeout = Timeout,
    };
}

/// <summary>A candidate of the caller's.</summary>
internal sealed class CandidateDraft
{
    public string Id { get; set; } = "";

    public ImmutableSortedDictionary<string, float> Features { get; set; } = ImmutableSortedDictionary.Create<string, float>(StringComparer.Ordinal);
}

/// <summary>A slot of the caller's.</summary>
internal sealed class SlotDraft
{
    public string Id { get; set; } = "";

    public int Count { get; set; }

    public ImmutableArray<string> Baseline { get; set; } = [];
}

/// <summary>Several requests at once.</summary>
internal sealed class DecideBatchDraft
{
    public List<BatchRecord<DecideDraft>> Decisions { get; set; } = [];
}

/// <summary>What the person agreed to, as the request says.</summary>
internal sealed class DecideConsent
{
    public bool Personalise { get; set; } = true;
}

/// <summary>What a decide request must be.</summary>
internal static class DecideShape
{
    private static readonly TextShape Name = new(1, 64, "a name");

    private static readonly ObjectShape<CandidateDraft> Candidate = new ObjectShape<CandidateDraft>("Candidate", "An item to choose from.")
        .With("id", TextShape.Id, (c, v) => c.Id = v, "The item's id; it need not be in the catalogue.", required: true)
        .With("features", new MapShape<float>(Name, new FloatShape(), 256), (c, v) => c.Features = v, "Feature values that win over the stored ones.");

    private static readonly ObjectShape<SlotDraft> Slot = new ObjectShape<SlotDraft>("Slot", "A part of the surface to fill.")
        .With("id", Name, (s, v) => s.Id = v, "Unique in the request.", required: true)
        .With("count", new WholeShape(1, 100), (s, v) => s.Count = v, "How many items.", required: true)
        .With("baseline", new ListShape<string>(TextShape.Id, 100), (s, v) => s.Baseline = v, "What you would show: returned by apprentice, recorded by log-only.");

    private static readonly ObjectShape<DecideConsent> Consent = new ObjectShape<DecideConsent>("DecideConsent", "What the person agreed to.")
        .With("personalise", new BoolShape(), (c, v) => c.Personalise = v, "false: user and session are neither read nor recorded, and the context alone is used. true does not lift what the user withdrew.");

    public static readonly ObjectShape<DecideDraft> One = new ObjectShape<DecideDraft>("Decide", "A request for a decision.")
        .With("decisionId", TextShape.Id, (d, v) => d.DecisionId = v, "The same id and body within ten minutes get the same answer, as long as limits.rememberedDecisions holds it; the draws do not follow from the id.")
        .With("surface", Name, (d, v) => d.Surface = v, "Where content is chosen.", required: true)
        .With("user", TextShape.Id, (d, v) => d.User = v, "The user, when known.")
        .With("session", TextShape.Id, (d, v) => d.Session = v, "The session.")
        .With("time", new TimeShape(EventShape.MaxAhead), (d, v) => d.Time = v, "When you asked; now when left out.")
        .With("context", new MapShape<string>(Name, new TextShape(0, 256, "a value"), 64), (d, v) => d.Context = v, "What is known of the moment: device, region. timezone, an IANA zone, is resolved to utcOffset, in minutes east.")
        .With("consent", Consent, (d, v) => d.Personalise = v.Personalise, "What the person agreed to; left out, what is stored of the user holds.")
        .With("candidates", new ListShape<CandidateDraft>(Candidate, 1_000), (d, v) => d.Candidates = v, "Your own, and nothing else is shown, on no rung of the ladder: a pin stands if it is among them, and an empty list gets an empty slate. Without this field the policy's sources propose.")
        .With("exclude", new ListShape<string>(TextShape.Id, 1_000), (d, v) => d.Exclude = v, "Items never to show now.")
        .With("slots", new ListShape<SlotDraft>(Slot, 32), (d, v) => d.Slots = v, $"In place of the surface's own; at most {PolicyValidator.MostItems} items over all.")
        .With("constraints", ConstraintsShape.One, (d, v) => d.Constraints = v.ToConstraints(), "What the slate must keep to beside the policy's own constraints; its quotas give way before the policy's.")
        .With("mode", new WordShape<DecideMode>(("online", DecideMode.Online), ("apprentice", DecideMode.Apprentice), ("log-only", DecideMode.LogOnly)), (d, v) => d.Mode = v, "online decides; apprentice returns the baseline and learns; log-only records your slate.")
        .With("explain", new BoolShape(), (d, v) => d.Explain = v, "Adds what each item's score is made of, where a full record is kept.")
        .With("timeoutMs", new WholeShape(1, 10_000), (d, v) => d.Timeout = TimeSpan.FromMilliseconds(v), "Your patience: the ladder steps down to keep it.")
        .Holding(Check);

    /// <summary>The most requests of one batch: each may take its whole time, and the last waits for all.</summary>
    public const int MostInBatch = 100;

    public static readonly ObjectShape<DecideBatchDraft> Batch = new ObjectShape<DecideBatchDraft>("DecideBatch", "Requests for decisions; each stands or falls by itself.")
        .With("decisions", new RecordsShape<DecideDraft>(One, MostInBatch), (b, v) => b.Decisions = v, "The requests, answered in their order.", required: true);

    private static void Check(DecideDraft draft, Reading at)
    {
        draft.Context = ZonedContext.Resolve(draft.Context, draft.Time.Value == 0 ? at.Now : draft.Time, out var fault);
        if (fault is not null)
        {
            at.AddBelow($"/context/{fault.Key}", fault.Expected, fault.Got);
        }

        if (!draft.Candidates.IsDefault)
        {
            Unique([.. draft.Candidates.Select(c => c.Id)], "/candidates", at);
        }

        if (draft.Slots.IsDefault)
        {
            return;
        }

        if (draft.Slots.IsEmpty)
        {
            at.AddBelow("/slots", "at least one slot, or none of this field", "an empty list");
        }

        var items = draft.Slots.Sum(s => s.Count);
        if (items > PolicyValidator.MostItems)
        {
            at.AddBelow("/slots", $"at most {PolicyValidator.MostItems} items over all slots", $"{items}");
        }

        Unique([.. draft.Slots.Select(s => s.Id)], "/slots", at);
        for (var i = 0; i < draft.Slots.Length; i++)
        {
            if (draft.Slots[i].Baseline.Length > draft.Slots[i].Count)
            {
                at.AddBelow($"/slots/{i}/baseline", $"at most count = {draft.Slots[i].Count} items", $"{draft.Slots[i].Baseline.Length}");
            }
        }
    }

    private static void Unique(ImmutableArray<string> ids, string pointer, Reading at)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ids.Length; i++)
        {
            if (!seen.Add(ids[i]))
            {
                at.AddBelow($"{pointer}/{i}/id", "each id once", Reading.Quote(ids[i]));
            }
        }
    }
}
