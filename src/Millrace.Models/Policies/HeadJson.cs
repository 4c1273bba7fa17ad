using System.Collections.Immutable;
using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>What a policy predicts and what that is worth, as canonical JSON.</summary>
internal static class HeadJson
{
    internal static void Write(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartObject("blend");
        foreach (var (feature, weight) in policy.Blend) json.WriteNumber(feature, weight);
        json.WriteEndObject();
    }

    internal static Policy Read(JsonElement root, Policy into) => into with
    {
        Blend = root.GetProperty("blend").EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value.GetDouble(), StringComparer.Ordinal),
    };
}
