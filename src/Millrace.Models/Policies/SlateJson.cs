using System.Collections.Immutable;
using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>How a policy makes a slate, as canonical JSON.</summary>
internal static class SlateJson
{
    internal static void Write(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartObject("explore");
        json.WriteNumber("epsilon", policy.Explore.Epsilon);
        json.WriteNumber("top", policy.Explore.Top);
        json.WriteEndObject();
        json.WriteStartObject("atMost");
        foreach (var (attribute, most) in policy.AtMost) json.WriteNumber(attribute, most);
        json.WriteEndObject();
    }

    internal static Policy Read(JsonElement root, Policy into)
    {
        JsonElement explore = root.GetProperty("explore");
        return into with
        {
            Explore = new Exploration(explore.GetProperty("epsilon").GetDouble(), explore.GetProperty("top").GetInt32()),
            AtMost = root.GetProperty("atMost").EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value.GetInt32(), StringComparer.Ordinal),
        };
    }
}
