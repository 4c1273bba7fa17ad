using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Models.Policies;

namespace Millrace.Node;

/// <summary>
/// A policy's definition as canonical JSON: properties in declared order, maps in ordinal order, no white space. Equal text means an equal policy;
/// name and version stand beside it in the fact.
/// </summary>
internal static class PolicyJson
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write(Policy policy) => JsonSerializer.Serialize(policy with { Version = 0 }, Json);

    /// <summary>The policy of a stored definition.</summary>
    /// <exception cref="InvalidDataException">The text is no definition.</exception>
    public static Policy Read(string definition, int version)
    {
        try
        {
            var policy = JsonSerializer.Deserialize<Policy>(definition, Json) ?? throw new InvalidDataException("expected a policy's definition, got null");
            return policy with
            {
                Version = version,
                Blend = policy.Blend.WithComparers(StringComparer.Ordinal),
                AtMost = policy.AtMost.WithComparers(StringComparer.Ordinal),
            };
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"expected a policy's definition: {broken.Message}", broken);
        }
    }
}
