using System.Collections.Immutable;
using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>Paces as canonical JSON; nothing where there are none.</summary>
internal static class PacingJson
{
    internal static void Write(Utf8JsonWriter json, ImmutableArray<Pace> paces)
    {
        if (paces.IsEmpty) return;
        json.WriteStartArray("pacing");
        foreach (Pace pace in paces)
        {
            json.WriteStartObject();
            json.WriteString("attribute", pace.Attribute);
            json.WriteString("value", pace.Value);
            if (pace.Least is { } least) json.WriteNumber("least", least);
            if (pace.Most is { } most) json.WriteNumber("most", most);
            json.WriteNumber("overSeconds", pace.Over.Ticks / (decimal)TimeSpan.TicksPerSecond);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    internal static ImmutableArray<Pace> Read(JsonElement root) => root.TryGetProperty("pacing", out JsonElement paces) ? [.. paces.EnumerateArray().Select(ReadPace)] : [];

    private static Pace ReadPace(JsonElement element) => new(
        element.GetProperty("attribute").GetString()!,
        element.GetProperty("value").GetString()!,
        element.TryGetProperty("least", out JsonElement least) ? least.GetDouble() : null,
        element.TryGetProperty("most", out JsonElement most) ? most.GetDouble() : null,
        TimeSpan.FromTicks((long)Math.Round(element.GetProperty("overSeconds").GetDecimal() * TimeSpan.TicksPerSecond)));
}
