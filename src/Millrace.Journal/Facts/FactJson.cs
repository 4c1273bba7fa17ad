using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Journal.Facts;

/// <summary>A fact as one line of JSON, for people and for tools outside: times as <see cref="UnixMicros.ToString"/> writes them, unknown fields as base64.</summary>
public static class FactJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(), new TimeConverter() },
    };

    /// <summary>The fact with all its readable fields; no line breaks.</summary>
    public static string Write(Fact fact) => JsonSerializer.Serialize(fact, fact.GetType(), Options);

    private sealed class TimeConverter : JsonConverter<UnixMicros>
    {
        public override UnixMicros Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            UnixMicros.From(reader.GetDateTimeOffset());

        public override void Write(Utf8JsonWriter writer, UnixMicros value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
