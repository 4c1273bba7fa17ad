using System.Collections.Immutable;
using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>The candidates of a policy as canonical JSON; what an earlier release did not have is written where it is not the default, so that policies keep their text.</summary>
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
            if (source.Feature is { } feature) json.WriteString("feature", feature);
            if (source.Of is { } of) json.WriteString("of", of);
            if (source.Segment) json.WriteBoolean("segment", true);
            if (source.Weight is { } weight) json.WriteNumber("weight", weight);
            if (source.Deadline is { } deadline) json.WriteNumber("deadlineSeconds", deadline.TotalSeconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (policy.Pool is { } pool) json.WriteNumber("pool", pool);
        if (policy.FirstPhase is { } phase) WriteFirstPhase(json, phase);
        FilterJson.Write(json, policy.Filters);
        if (policy.Boosts.IsEmpty) return;
        json.WriteStartArray("boosts");
        foreach (string item in policy.Boosts) json.WriteStringValue(item);
        json.WriteEndArray();
        if (policy.Worths.IsEmpty) return;
        json.WriteStartObject("worths");
        foreach (var (item, worth) in policy.Worths) json.WriteNumber(item, worth);
        json.WriteEndObject();
    }

    internal static Policy Read(JsonElement root, Policy into) => into with
    {
        Candidates = [.. root.GetProperty("candidates").EnumerateArray().Select(ReadCandidate)],
        Pool = root.TryGetProperty("pool", out JsonElement pool) ? pool.GetInt32() : null,
        FirstPhase = root.TryGetProperty("firstPhase", out JsonElement phase) ? ReadFirstPhase(phase) : null,
        Filters = root.TryGetProperty("filters", out JsonElement filters) ? [.. filters.EnumerateArray().Select(FilterJson.Read)] : [],
        Boosts = root.TryGetProperty("boosts", out JsonElement boosts) ? [.. boosts.EnumerateArray().Select(item => item.GetString()!)] : [],
        Worths = root.TryGetProperty("worths", out JsonElement worths)
            ? worths.EnumerateObject().ToImmutableSortedDictionary(item => item.Name, item => item.Value.GetDouble(), StringComparer.Ordinal)
            : into.Worths,
    };

    private static void WriteFirstPhase(Utf8JsonWriter json, FirstPhase phase)
    {
        json.WriteStartObject("firstPhase");
        json.WriteStartObject("head");
        HeadJson.Write(json, phase.Head);
        json.WriteEndObject();
        if (phase.Base is { } added)
        {
            json.WriteStartObject("base");
            HeadJson.Write(json, added);
            json.WriteEndObject();
        }

        json.WriteNumber("from", phase.From);
        json.WriteEndObject();
    }

    private static FirstPhase ReadFirstPhase(JsonElement phase) => new(HeadJson.ReadHead(phase.GetProperty("head")), phase.GetProperty("from").GetInt32())
    {
        Base = phase.TryGetProperty("base", out JsonElement added) ? (BlendHead)HeadJson.ReadHead(added) : null,
    };

    private static CandidateSource ReadCandidate(JsonElement element) => new(
        Enum.Parse<CandidateSourceKind>(element.GetProperty("kind").GetString()!), element.GetProperty("take").GetInt32(), Seconds(element, "windowSeconds"))
    {
        Feature = element.TryGetProperty("feature", out JsonElement feature) ? feature.GetString() : null,
        Of = element.TryGetProperty("of", out JsonElement of) ? of.GetString() : null,
        Segment = element.TryGetProperty("segment", out JsonElement segment) && segment.GetBoolean(),
        Weight = element.TryGetProperty("weight", out JsonElement weight) ? weight.GetDouble() : null,
        Deadline = Seconds(element, "deadlineSeconds"),
    };

    private static TimeSpan? Seconds(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement seconds) ? TimeSpan.FromSeconds(seconds.GetDouble()) : null;
}
