using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Millrace.Journal.Facts;

/// <summary>A fact as one line of JSON, for people and for tools outside: times as <see cref="UnixMicros.ToString"/> writes them, unknown fields as base64.</summary>
public static class FactJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutEmpty } },
        Converters = { new JsonStringEnumConverter(), new TimeConverter() },
    };

    /// <summary>The fact with all its readable fields; no line breaks.</summary>
    public static string Write(Fact fact) => JsonSerializer.Serialize(fact, fact.GetType(), Options);

    private static readonly string Relaxed = JsonNamingPolicy.CamelCase.ConvertName(nameof(Decided.Relaxed));
    private static readonly string LeftOut = JsonNamingPolicy.CamelCase.ConvertName(nameof(DecisionInputs.LeftOut));

    /// <summary>A context, counts, cells, quotas or what a first phase left out that are empty are left out, so that the records of releases that did not have them read as they did.</summary>
    private static void LeaveOutEmpty(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.PropertyType == typeof(ImmutableSortedDictionary<string, string>))
            {
                property.ShouldSerialize = static (_, value) => value is ImmutableSortedDictionary<string, string> { IsEmpty: false };
            }
            else if (property.PropertyType == typeof(ImmutableArray<int>))
            {
                property.ShouldSerialize = static (_, value) => value is ImmutableArray<int> { IsDefaultOrEmpty: false };
            }
            else if (property.PropertyType == typeof(ImmutableArray<long>))
            {
                property.ShouldSerialize = static (_, value) => value is ImmutableArray<long> { IsDefaultOrEmpty: false };
            }
            else if (property.PropertyType == typeof(ImmutableArray<PriorCell>))
            {
                property.ShouldSerialize = static (_, value) => value is ImmutableArray<PriorCell> { IsDefaultOrEmpty: false };
            }
            else if ((property.Name == Relaxed && type.Type == typeof(Decided)) || (property.Name == LeftOut && type.Type == typeof(DecisionInputs)))
            {
                property.ShouldSerialize = static (_, value) => value is ImmutableArray<string> { IsDefaultOrEmpty: false };
            }
        }
    }

    private sealed class TimeConverter : JsonConverter<UnixMicros>
    {
        public override UnixMicros Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            UnixMicros.From(reader.GetDateTimeOffset());

        public override void Write(Utf8JsonWriter writer, UnixMicros value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
