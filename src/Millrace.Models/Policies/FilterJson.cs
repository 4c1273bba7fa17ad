using System.Collections.Immutable;
using System.Text.Json;

namespace Millrace.Models.Policies;

/// <summary>The filters of a policy as canonical JSON: none where there are none.</summary>
internal static class FilterJson
{
    internal static void Write(Utf8JsonWriter json, ImmutableArray<CandidateFilter> filters)
    {
        if (filters.IsEmpty) return;
        json.WriteStartArray("filters");
        foreach (CandidateFilter filter in filters)
        {
            json.WriteStartObject();
            Write(json, filter);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    internal static CandidateFilter Read(JsonElement element)
    {
        if (element.TryGetProperty("ageSeconds", out JsonElement age)) return new AgeFilter(TimeSpan.FromSeconds(age.GetDouble()));
        if (element.TryGetProperty("past", out JsonElement past)) return new PastFilter(past.GetString()!);
        string attribute = element.GetProperty("attribute").GetString()!;
        if (element.TryGetProperty("context", out JsonElement context)) return new ContextFilter(attribute, context.GetString()!, !element.TryGetProperty("orAny", out JsonElement any) || any.GetBoolean());
        if (element.TryGetProperty("in", out JsonElement values)) return new ValueFilter(attribute, Texts(values));
        if (element.TryGetProperty("notIn", out JsonElement without)) return new ValueFilter(attribute, Texts(without), Without: true);
        return new NumberFilter(attribute, Number(element, "atLeast"), Number(element, "atMost"));
    }

    private static void Write(Utf8JsonWriter json, CandidateFilter filter)
    {
        switch (filter)
        {
            case ValueFilter values:
                json.WriteString("attribute", values.Attribute);
                json.WriteStartArray(values.Without ? "notIn" : "in");
                foreach (string value in values.Values) json.WriteStringValue(value);
                json.WriteEndArray();
                break;
            case ContextFilter context:
                json.WriteString("attribute", context.Attribute);
                json.WriteString("context", context.Context);
                if (!context.OrAny) json.WriteBoolean("orAny", false);
                break;
            case NumberFilter number:
                json.WriteString("attribute", number.Attribute);
                if (number.AtLeast is { } least) json.WriteNumber("atLeast", least);
                if (number.AtMost is { } most) json.WriteNumber("atMost", most);
                break;
            case AgeFilter age:
                json.WriteNumber("ageSeconds", age.Age.TotalSeconds);
                break;
            case PastFilter past:
                json.WriteString("past", past.Past);
                break;
        }
    }

    private static ImmutableArray<string> Texts(JsonElement values) => [.. values.EnumerateArray().Select(value => value.GetString()!)];

    private static double? Number(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement number) ? number.GetDouble() : null;
}
