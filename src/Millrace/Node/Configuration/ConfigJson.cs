using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Delivery.Routes;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>A configuration as JSON: for <c>config print</c> and for comparing two of them.</summary>
internal static class ConfigJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new AddressText(), new DurationText(), new ContractText(), new SigningKeyText(), new FeatureOfItsKind(), new HeadOfItsKind(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private sealed class AddressText : JsonConverter<ListenAddress>
    {
        public override ListenAddress? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ListenAddress.Parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, ListenAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }

    private sealed class DurationText : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Quantities.ParseDuration(reader.GetString()!) ?? throw new JsonException(Quantities.DurationExpected);

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(Quantities.Format(value));
    }

    /// <summary>A secret is shown by its hash: nobody can read it, and another one reads otherwise.</summary>
    private sealed class SigningKeyText : JsonConverter<SigningKey>
    {
        public override SigningKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("configurations are written as JSON, never read from it");

        public override void Write(Utf8JsonWriter writer, SigningKey value, JsonSerializerOptions options) =>
            writer.WriteStringValue($"{value.Id}: sha256 {Convert.ToHexStringLower(SHA256.HashData(value.Secret.Span).AsSpan(0, 8))}…");
    }

    /// <summary>A definition with the settings of its kind, not only those that all have.</summary>
    private sealed class FeatureOfItsKind : JsonConverter<FeatureDefinition>
    {
        public override FeatureDefinition Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("configurations are written as JSON, never read from it");

        public override void Write(Utf8JsonWriter writer, FeatureDefinition value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value, value.GetType(), options);
    }

    /// <summary>A head with the settings of its kind: those that all have would hide what changed.</summary>
    private sealed class HeadOfItsKind : JsonConverter<Head>
    {
        public override Head Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("configurations are written as JSON, never read from it");

        public override void Write(Utf8JsonWriter writer, Head value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value, value.GetType(), options);
    }

    private sealed class ContractText : JsonConverter<Contract>
    {
        public override Contract Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("configurations are written as JSON, never read from it");

        public override void Write(Utf8JsonWriter writer, Contract value, JsonSerializerOptions options)
        {
            if (value.Kind != ContractKind.Bounded)
            {
                writer.WriteStringValue(value.Kind == ContractKind.Strict ? "strict" : "available");
                return;
            }

            writer.WriteStartObject();
            writer.WriteString("bounded", Quantities.Format(value.Past));
            writer.WriteEndObject();
        }
    }
}
