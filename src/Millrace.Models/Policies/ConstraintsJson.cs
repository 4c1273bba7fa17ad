using System.Collections.Immutable;
using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>Limits and quotas as canonical JSON: in policies and in records of requests. Ages are decimals, which hold every tick.</summary>
internal static class ConstraintsJson
{
    internal static void WriteAtMost(Utf8JsonWriter json, ImmutableSortedDictionary<string, int> atMost)
    {
        json.WriteStartObject("atMost");
        foreach (var (attribute, most) in atMost) json.WriteNumber(attribute, most);
        json.WriteEndObject();
    }

    /// <summary>Writes nothing where there are none.</summary>
    internal static void WriteAtLeast(Utf8JsonWriter json, ImmutableArray<Quota> quotas)
    {
        if (quotas.IsEmpty) return;
        json.WriteStartArray("atLeast");
        foreach (Quota quota in quotas)
        {
            json.WriteStartObject();
            if (quota.Attribute is { } attribute) json.WriteString("attribute", attribute);
            if (quota.Value is { } value) json.WriteString("value", value);
            if (quota.Fresh is { } fresh) json.WriteNumber("freshSeconds", fresh.Ticks / (decimal)TimeSpan.TicksPerSecond);
            if (quota.Least > 0) json.WriteNumber("least", quota.Least);
            if (quota.Share > 0) json.WriteNumber("share", quota.Share);
            if (quota.Top is { } top) json.WriteNumber("top", top);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    internal static ImmutableSortedDictionary<string, int> ReadAtMost(JsonElement root) =>
        root.GetProperty("atMost").EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value.GetInt32(), StringComparer.Ordinal);

    internal static ImmutableArray<Quota> ReadAtLeast(JsonElement root) =>
        root.TryGetProperty("atLeast", out JsonElement quotas) ? [.. quotas.EnumerateArray().Select(ReadQuota)] : [];

    private static Quota ReadQuota(JsonElement element) => new()
    {
        Attribute = element.TryGetProperty("attribute", out JsonElement attribute) ? attribute.GetString() : null,
        Value = element.TryGetProperty("value", out JsonElement value) ? value.GetString() : null,
        Fresh = element.TryGetProperty("freshSeconds", out JsonElement fresh) ? TimeSpan.FromTicks((long)Math.Round(fresh.GetDecimal() * TimeSpan.TicksPerSecond)) : null,
        Least = element.TryGetProperty("least", out JsonElement least) ? least.GetInt32() : 0,
        Share = element.TryGetProperty("share", out JsonElement share) ? share.GetDouble() : 0,
        Top = element.TryGetProperty("top", out JsonElement top) ? top.GetInt32() : null,
    };
}
