using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>The candidates of a policy as canonical JSON.</summary>
internal static class CandidateJson
{
    internal static void Write(Utf8JsonWriter json, Policy policy)
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

    internal static Policy Read(JsonElement root, Policy into) => into with { Candidates = [.. root.GetProperty("candidates").EnumerateArray().Select(ReadCandidate)] };

    private static CandidateSource ReadCandidate(JsonElement element) => new(
        Enum.Parse<CandidateSourceKind>(element.GetProperty("kind").GetString()!),
        element.GetProperty("take").GetInt32(),
        element.TryGetProperty("windowSeconds", out JsonElement window) ? TimeSpan.FromSeconds(window.GetDouble()) : null);
}
