using System.Collections.Immutable;
using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>What a policy predicts and what that is worth, as canonical JSON. Heads, objectives and thresholds are left out where there are none: a policy of earlier releases keeps its text.</summary>
internal static class HeadJson
{
    internal static void Write(Utf8JsonWriter json, Policy policy)
    {
        WriteNumbers(json, "blend", policy.Blend);
        if (!policy.Heads.IsEmpty)
        {
            json.WriteStartObject("heads");
            foreach (var (name, head) in policy.Heads)
            {
                json.WriteStartObject(name);
                Write(json, head);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        if (!policy.Objectives.IsEmpty) WriteNumbers(json, "objectives", policy.Objectives);
        if (!policy.Thresholds.IsEmpty) WriteThresholds(json, policy);
    }

    internal static Policy Read(JsonElement root, Policy into) => into with
    {
        Blend = Numbers(root.GetProperty("blend")),
        Heads = root.TryGetProperty("heads", out JsonElement heads) ? Map(heads, ReadHead) : into.Heads,
        Objectives = root.TryGetProperty("objectives", out JsonElement objectives) ? Numbers(objectives) : into.Objectives,
        Thresholds = root.TryGetProperty("thresholds", out JsonElement thresholds) ? Map(thresholds, static bound => new Threshold(Find(bound, "atMost"), Find(bound, "atLeast"))) : into.Thresholds,
    };

    internal static void Write(Utf8JsonWriter json, Head head)
    {
        switch (head)
        {
            case BlendHead blend:
                WriteNumbers(json, "blend", blend.Weights);
                break;
            case ExternalHead external:
                json.WriteString("external", external.Term);
                break;
            case FeatureHead feature:
                json.WriteString("feature", feature.Feature);
                break;
            case ForestHead forest:
                json.WriteString("forest", forest.Digest);
                json.WriteString("output", Text(forest.Output));
                json.WriteNumber("class", forest.Class);
                WriteNames(json, forest.Features);
                break;
            case LinearHead linear:
                json.WriteString("linear", linear.Digest);
                WriteNames(json, linear.Features);
                break;
            case BetaHead beta:
                json.WriteStartObject("beta");
                json.WriteString("successes", beta.Successes);
                json.WriteString("trials", beta.Trials);
                json.WriteNumber("priorSuccesses", beta.PriorSuccesses);
                json.WriteNumber("priorTrials", beta.PriorTrials);
                json.WriteEndObject();
                break;
            default:
                throw new ArgumentException($"no canonical text for {head.GetType().Name}", nameof(head));
        }
    }

    internal static Head ReadHead(JsonElement head)
    {
        if (head.TryGetProperty("blend", out JsonElement blend)) return new BlendHead(Numbers(blend));
        if (head.TryGetProperty("external", out JsonElement external)) return new ExternalHead(external.GetString()!);
        if (head.TryGetProperty("feature", out JsonElement feature)) return new FeatureHead(feature.GetString()!);
        if (head.TryGetProperty("beta", out JsonElement beta))
        {
            return new BetaHead(
                beta.GetProperty("successes").GetString()!, beta.GetProperty("trials").GetString()!, beta.GetProperty("priorSuccesses").GetDouble(), beta.GetProperty("priorTrials").GetDouble());
        }

        if (head.TryGetProperty("linear", out JsonElement linear)) return new LinearHead(linear.GetString()!, Names(head));
        return new ForestHead(
            head.GetProperty("forest").GetString()!,
            Names(head),
            head.GetProperty("output").GetString() == Text(ForestOutput.Raw) ? ForestOutput.Raw : ForestOutput.Transformed,
            head.GetProperty("class").GetInt32());
    }

    private static void WriteThresholds(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartObject("thresholds");
        foreach (var (head, bound) in policy.Thresholds)
        {
            json.WriteStartObject(head);
            if (bound.AtMost is { } most) json.WriteNumber("atMost", most);
            if (bound.AtLeast is { } least) json.WriteNumber("atLeast", least);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, ImmutableArray<string> features)
    {
        json.WriteStartArray("features");
        foreach (string name in features) json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ImmutableSortedDictionary<string, double> numbers)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in numbers) json.WriteNumber(key, value);
        json.WriteEndObject();
    }

    private static string Text(ForestOutput output) => output == ForestOutput.Raw ? "raw" : "transformed";

    private static double? Find(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : null;

    private static ImmutableArray<string> Names(JsonElement head) => [.. head.GetProperty("features").EnumerateArray().Select(static name => name.GetString()!)];

    private static ImmutableSortedDictionary<string, double> Numbers(JsonElement numbers) => Map(numbers, static value => value.GetDouble());

    private static ImmutableSortedDictionary<string, T> Map<T>(JsonElement element, Func<JsonElement, T> read) =>
        element.EnumerateObject().ToImmutableSortedDictionary(member => member.Name, member => read(member.Value), StringComparer.Ordinal);
}
