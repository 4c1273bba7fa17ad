using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Api.Json;

/// <summary>A whole number within bounds, both inclusive.</summary>
internal sealed class WholeShape(int min, int max) : Shape<int>
{
    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out int value)
    {
        value = 0;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out value) && value >= min && value <= max)
        {
            return true;
        }

        at.Wrong(ref reader, $"a whole number from {min} to {max}");
        return false;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) =>
        new() { ["type"] = "integer", ["minimum"] = min, ["maximum"] = max };
}

/// <summary>A number that a finite 32-bit float holds: what features and embeddings are made of.</summary>
internal sealed class FloatShape : Shape<float>
{
    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out float value)
    {
        value = 0;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out value) && float.IsFinite(value))
        {
            return true;
        }

        at.Wrong(ref reader, "a number within ±3.4e38; leave it out when it is missing");
        return false;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) => new() { ["type"] = "number", ["format"] = "float" };
}

/// <summary>A decimal on the wire, millionths in facts (DESIGN §9); digits past the sixth are rounded, halves to even.</summary>
internal sealed class MicrosShape : Shape<long>
{
    private const decimal Max = 9_000_000_000_000m;

    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out long value)
    {
        value = 0;
        if (reader.TokenType == JsonTokenType.Number && TryDecimal(ref reader, out var number) && Math.Abs(number) <= Max)
        {
            value = (long)decimal.Round(number * 1_000_000m, MidpointRounding.ToEven);
            return true;
        }

        at.Wrong(ref reader, "a number within ±9e12");
        return false;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) =>
        new() { ["type"] = "number", ["minimum"] = -Max, ["maximum"] = Max, ["description"] = "Kept to the sixth decimal." };

    // Utf8JsonReader's own decimal reading refuses a few exponents that the type can hold.
    private static bool TryDecimal(ref Utf8JsonReader reader, out decimal number) =>
        reader.TryGetDecimal(out number)
        || decimal.TryParse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
