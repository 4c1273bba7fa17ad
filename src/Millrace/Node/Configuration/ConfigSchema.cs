using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Node.Configuration;

/// <summary>The JSON Schema of millrace.yaml, for editors; kept as schema/millrace.schema.json by a test.</summary>
internal static class ConfigSchema
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Draft 2020-12, indented, ending in a line feed.</summary>
    public static string Text()
    {
        var schema = NodeShape.Root.Schema();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "millrace.yaml");
        return schema.ToJsonString(Json).ReplaceLineEndings("\n") + "\n";
    }
}
