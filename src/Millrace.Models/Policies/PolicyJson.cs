using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>A policy as canonical JSON: members in one fixed order, all of them written; equal text means an equal policy.</summary>
public static class PolicyJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The canonical text of <paramref name="policy"/>; its version is no part of it, since the fact that carries it names that.</summary>
    public static string Write(Policy policy)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("name", policy.Name);
            WriteCandidates(json, policy);
            WriteMap(json, "blend", policy.Blend, json.WriteNumber);
            json.WriteStartObject("explore");
            json.WriteNumber("epsilon", policy.Explore.Epsilon);
            json.WriteNumber("top", policy.Explore.Top);
            json.WriteEndObject();
            WriteMap(json, "atMost", policy.AtMost, json.WriteNumber);
            WritePins(json, policy);
            json.WriteBoolean("excludeSeen", policy.ExcludeSeen);
            if (policy.Segment is { } segment) json.WriteString("segment", segment);
            WriteAllowed(json, policy);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="text">Canonical JSON.</param>
    /// <param name="version">The version that its fact names.</param>
    /// <exception cref="JsonException">It is not such text.</exception>
    public static Policy Read(string text, int version)
    {
        using var document = JsonDocument.Parse(text);
        JsonElement root = document.RootElement;
        try
        {
            JsonElement explore = root.GetProperty("explore");
            return new Policy
            {
                Name = root.GetProperty("name").GetString()!,
                Version = version,
                Candidates = [.. root.GetProperty("candidates").EnumerateArray().Select(ReadCandidate)],
                Blend = root.GetProperty("blend").EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value.GetDouble(), StringComparer.Ordinal),
                Explore = new Exploration(explore.GetProperty("epsilon").GetDouble(), explore.GetProperty("top").GetInt32()),
                AtMost = root.GetProperty("atMost").EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value.GetInt32(), StringComparer.Ordinal),
                Pins = [.. root.GetProperty("pins").EnumerateArray().Select(ReadPin)],
                ExcludeSeen = root.GetProperty("excludeSeen").GetBoolean(),
                Segment = root.TryGetProperty("segment", out JsonElement segment) ? segment.GetString() : null,
                AllowProtected = root.TryGetProperty("allowProtected", out JsonElement allowed) ? [.. allowed.EnumerateArray().Select(name => name.GetString()!)] : [],
            };
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new JsonException($"not a canonical policy: {fault.Message}", fault);
        }
    }

    private static void WriteCandidates(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartArray("candidates");
        foreach (CandidateSource source in policy.Candidates)
        {
            json.WriteStartObject();
            json.WriteString("kind", source.Kind.ToString());
            json.WriteNumber("take", source.Take);
            if (source.Window is { } window) json.WriteNumber("windowSeconds", window.TotalSeconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePins(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartArray("pins");
        foreach (Pin pin in policy.Pins)
        {
            json.WriteStartObject();
            json.WriteString("slot", pin.Slot);
            json.WriteNumber("rank", pin.Rank);
            json.WriteString("item", pin.Item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // Left out where it is empty: policies of earlier releases keep their text, and so their version.
    private static void WriteAllowed(Utf8JsonWriter json, Policy policy)
    {
        if (policy.AllowProtected.IsEmpty) return;
        json.WriteStartArray("allowProtected");
        foreach (string name in policy.AllowProtected) json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static void WriteMap<T>(Utf8JsonWriter json, string name, ImmutableSortedDictionary<string, T> map, Action<string, T> write)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in map) write(key, value);
        json.WriteEndObject();
    }

    private static CandidateSource ReadCandidate(JsonElement element) => new(
        Enum.Parse<CandidateSourceKind>(element.GetProperty("kind").GetString()!),
        element.GetProperty("take").GetInt32(),
        element.TryGetProperty("windowSeconds", out JsonElement window) ? TimeSpan.FromSeconds(window.GetDouble()) : null);

    private static Pin ReadPin(JsonElement element) =>
        new(element.GetProperty("slot").GetString()!, element.GetProperty("rank").GetInt32(), element.GetProperty("item").GetString()!);
}
