using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Millrace.Journal.Facts;

/// <summary>An event: somebody saw, clicked, stayed, bought, hid or reported an item.</summary>
public sealed record Observed : Fact
{
    /// <summary>impression, click, dwell, conversion, hide, report, or a name of the caller's own.</summary>
    public required string Event { get; init; }

    public required string Item { get; init; }

    public string? Decision { get; init; }

    public string? Surface { get; init; }

    /// <summary>The 1-based rank at which it was shown; null when unknown.</summary>
    public int? Rank { get; init; }

    /// <summary>The slot in which it was shown, as the token of an attested event says; null otherwise.</summary>
    public string? Slot { get; init; }

    /// <summary>The value in millionths of <see cref="Unit"/>; null when the event has none.</summary>
    public long? ValueMicros { get; init; }

    /// <summary>The unit of the value: <c>s</c>, <c>EUR</c> ...</summary>
    public string? Unit { get; init; }

    /// <summary>Whether the event carried a valid token of the decision that it names.</summary>
    public bool Attested { get; init; }

    /// <summary>
    /// Whether nobody vouches for it: it came without a token under a key that anybody can read. It is kept and shown, and its own session knows of it,
    /// but no feature of an item counts it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unvouched { get; init; }

    /// <summary>
    /// Whether its person did not consent to learning: it is kept, and the person's own features know of it, but no feature of an item counts it, and nothing is trained
    /// on it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Withheld { get; init; }

    /// <summary>Whether items' features count it, and training may use it.</summary>
    [JsonIgnore]
    public bool Counts => !Unvouched && !Withheld;

    /// <summary>Sealed: the user, when known.</summary>
    public string? User { get; init; }

    /// <summary>Sealed: the session.</summary>
    public string? Session { get; init; }

    /// <summary>Sealed: the segment that the decision was made for.</summary>
    public string? Segment { get; init; }

    /// <summary>Sealed: the context of the decision that the event belongs to.</summary>
    public ImmutableSortedDictionary<string, string> Context { get; init; } = FactContext.None;

    public override FactType Type => FactType.Observed;

    public override JournalStream Stream => JournalStream.Events;

    public override string PartitionKey => User ?? Session ?? Id;

    public override string? Subject => User ?? Session;

    public override string? DecisionKey => Decision;
}
