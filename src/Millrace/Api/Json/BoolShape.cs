using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Api.Json;

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed class BoolShape : Shape<bool>
{
    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out bool value)
    {
        value = reader.TokenType == JsonTokenType.True;
        if (value || reader.TokenType == JsonTokenType.False)
        {
            return true;
        }

        at.Wrong(ref reader, "true or false");
        return false;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) => new() { ["type"] = "boolean" };
}
