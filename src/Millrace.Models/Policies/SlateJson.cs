using System.Collections.Immutable;
using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>
/// How a policy makes a slate, as canonical JSON. What is as earlier releases had it is left out: their policies keep their text, and so their version.
/// </summary>
internal static class SlateJson
{
    internal static void Write(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartObject("explore");
        json.WriteNumber("epsilon", policy.Explore.Epsilon);
        json.WriteNumber("top", policy.Explore.Top);
        WriteMethod(json, policy.Explore);
        if (policy.Explore.New is { } fresh)
        {
            json.WriteStartObject("new");
            json.WriteString("trials", fresh.Trials);
            json.WriteNumber("below", fresh.Below);
            json.WriteNumber("take", fresh.Take);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        ConstraintsJson.WriteAtMost(json, policy.AtMost);
        ConstraintsJson.WriteAtLeast(json, policy.AtLeast);
        if (policy.Diversity is { } diversity)
        {
            json.WriteStartObject("diversity");
            json.WriteNumber("mmr", diversity.Lambda);
            json.WriteString(diversity.Embedding ? "embedding" : "by", diversity.By);
            json.WriteEndObject();
        }

        PacingJson.Write(json, policy.Pacing);
    }

    internal static Policy Read(JsonElement root, Policy into) => into with
    {
        Explore = ReadExplore(root.GetProperty("explore")),
        AtMost = ConstraintsJson.ReadAtMost(root),
        AtLeast = ConstraintsJson.ReadAtLeast(root),
        Diversity = root.TryGetProperty("diversity", out JsonElement diversity) ? ReadDiversity(diversity) : null,
        Pacing = PacingJson.Read(root),
    };

    private static void WriteMethod(Utf8JsonWriter json, Exploration explore)
    {
        if (explore.Method == ExplorationMethod.EpsilonGreedy) return;
        json.WriteString("method", explore.Method.ToString());
        if (explore.Method == ExplorationMethod.SquareCb) json.WriteNumber("gamma", explore.Gamma);
        if (explore.Method == ExplorationMethod.PlackettLuce) json.WriteNumber("temperature", explore.Temperature);
        if (explore.Method == ExplorationMethod.Thompson) json.WriteNumber("draws", explore.Draws);
    }

    private static Exploration ReadExplore(JsonElement element)
    {
        var plain = new Exploration(element.GetProperty("epsilon").GetDouble(), element.GetProperty("top").GetInt32());
        return plain with
        {
            Method = element.TryGetProperty("method", out JsonElement method) ? Enum.Parse<ExplorationMethod>(method.GetString()!) : plain.Method,
            Gamma = element.TryGetProperty("gamma", out JsonElement gamma) ? gamma.GetDouble() : plain.Gamma,
            Temperature = element.TryGetProperty("temperature", out JsonElement temperature) ? temperature.GetDouble() : plain.Temperature,
            Draws = element.TryGetProperty("draws", out JsonElement draws) ? draws.GetInt32() : plain.Draws,
            New = element.TryGetProperty("new", out JsonElement fresh)
                ? new NewItems(fresh.GetProperty("trials").GetString()!, fresh.GetProperty("below").GetDouble(), fresh.GetProperty("take").GetInt32())
                : null,
        };
    }

    private static Diversity ReadDiversity(JsonElement element)
    {
        bool embedding = element.TryGetProperty("embedding", out JsonElement by);
        return new Diversity(element.GetProperty("mmr").GetDouble(), (embedding ? by : element.GetProperty("by")).GetString()!, embedding);
    }
}
