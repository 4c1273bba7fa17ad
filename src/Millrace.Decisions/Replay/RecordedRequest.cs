using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Decisions.Replay;

/// <summary>The part of a request that its answer depends on beside candidates and features, as canonical JSON in a full record.</summary>
/// <param name="Slots">The slots that were filled.</param>
/// <param name="Slate">What constraints, diversity and exploration read of the candidates.</param>
/// <param name="Terms">What terms from outside said of them.</param>
internal sealed record RecordedRequest(ImmutableArray<RequestSlot> Slots, RecordedSlate Slate, RecordedTerms Terms)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal string Write()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteStartArray("slots");
            foreach (RequestSlot slot in Slots)
            {
                json.WriteStartObject();
                json.WriteString("id", slot.Id);
                json.WriteNumber("count", slot.Count);
                WriteTexts(json, "baseline", slot.Baseline);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Slate.Write(json);
            Terms.Write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what a replay needs of <see cref="Write"/>'s text.</summary>
    /// <exception cref="JsonException">It is not such text.</exception>
    internal static RecordedRequest Read(string text)
    {
        using var document = JsonDocument.Parse(text);
        try
        {
            JsonElement root = document.RootElement;
            return new RecordedRequest(
                [.. root.GetProperty("slots").EnumerateArray().Select(slot => new RequestSlot(
                    slot.GetProperty("id").GetString()!, slot.GetProperty("count").GetInt32(), ReadTexts(slot, "baseline")))],
                RecordedSlate.Read(root),
                RecordedTerms.Read(root));
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException($"not a recorded request: {fault.Message}", fault);
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, ImmutableArray<string> texts)
    {
        if (texts.IsEmpty) return;
        json.WriteStartArray(name);
        foreach (string text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static ImmutableArray<string> ReadTexts(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement texts) ? [.. texts.EnumerateArray().Select(text => text.GetString()!)] : [];
}
