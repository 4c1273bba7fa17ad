using System.Text.Json.Serialization;

namespace Millrace.World.Client;

/// <summary>The public API's JSON, as far as the audience speaks it.</summary>
internal static class Wire
{
    internal sealed record Item(
        string? Id, string Kind, string Provider, string BodyUrl, DateTimeOffset Published, DateTimeOffset Expires, IReadOnlyDictionary<string, string[]> Attributes);

    internal sealed record Decide(string DecisionId, string Surface, string User, string Session, IReadOnlyDictionary<string, string> Context);

    internal sealed record Decided(string DecisionId, Slot[] Slots, Degraded? Degraded);

    internal sealed record Slot(string Id, SlotItem[] Items);

    internal sealed record SlotItem(string Id, string? Url, string[]? Source);

    internal sealed record Degraded(int Level);

    internal sealed record Events([property: JsonPropertyName("events")] IReadOnlyList<Event> List);

    internal sealed record Event(
        string Id, string Type, string DecisionId, string Item, string User, string Session, int Position, decimal? Value, DateTimeOffset Time, string? Token);

    internal sealed record Outcome(int Accepted, int Duplicates, int Created, int Replaced, int Unchanged, Rejection[]? Rejected)
    {
        /// <summary>Records that the system holds now, be it since earlier.</summary>
        public int Held => Accepted + Duplicates + Created + Replaced + Unchanged;
    }

    internal sealed record Rejection(string? Reason, Fault[]? Errors);

    internal sealed record Fault(string? Pointer, string? Expected, string? Got);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Wire.Item))]
[JsonSerializable(typeof(Wire.Decide))]
[JsonSerializable(typeof(Wire.Decided))]
[JsonSerializable(typeof(Wire.Events))]
[JsonSerializable(typeof(Wire.Outcome))]
internal sealed partial class WireJson : JsonSerializerContext;
