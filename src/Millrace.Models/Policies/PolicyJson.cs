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
            CandidateJson.Write(json, policy);
            HeadJson.Write(json, policy);
            SlateJson.Write(json, policy);
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
            var policy = new Policy
            {
                Name = root.GetProperty("name").GetString()!,
                Version = version,
                Pins = [.. root.GetProperty("pins").EnumerateArray().Select(ReadPin)],
                ExcludeSeen = root.GetProperty("excludeSeen").GetBoolean(),
                Segment = root.TryGetProperty("segment", out JsonElement segment) ? segment.GetString() : null,
                AllowProtected = root.TryGetProperty("allowProtected", out JsonElement allowed) ? [.. allowed.EnumerateArray().Select(name => name.GetString()!)] : [],
            };
            return SlateJson.Read(root, HeadJson.Read(root, CandidateJson.Read(root, policy)));
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new JsonException($"not a canonical policy: {fault.Message}", fault);
        }
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

    private static Pin ReadPin(JsonElement element) =>
        new(element.GetProperty("slot").GetString()!, element.GetProperty("rank").GetInt32(), element.GetProperty("item").GetString()!);
}
