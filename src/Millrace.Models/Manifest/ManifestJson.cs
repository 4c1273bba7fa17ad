using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Models.Manifest;

/// <summary>Manifests as JSON: keys in the order of <see cref="ModelManifest"/>, no white space, nothing that is null. What is signed are these bytes; nobody who verifies has to write them again.</summary>
public static class ManifestJson
{
    private static readonly ManifestJsonContext Strict = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        MaxDepth = 8,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static byte[] Write(ModelManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Strict.ModelManifest);

    /// <exception cref="JsonException">It is no manifest.</exception>
    public static ModelManifest Read(ReadOnlySpan<byte> bytes) =>
        JsonSerializer.Deserialize(bytes, Strict.ModelManifest) ?? throw new JsonException("expected an object; got null");
}

[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ManifestJsonContext : JsonSerializerContext;
