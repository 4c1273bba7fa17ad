using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Api.Json;

/// <summary>A list of values of one shape.</summary>
internal sealed class ListShape<T>(Shape<T> element, int max) : Shape<ImmutableArray<T>>
{
    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out ImmutableArray<T> value)
    {
        value = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            at.Wrong(ref reader, $"a list of at most {max}");
            return false;
        }

        var fits = true;
        var list = ImmutableArray.CreateBuilder<T>();
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count >= max)
            {
                count++;
                reader.Skip();
                continue;
            }

            at.Push(count++);
            if (element.TryRead(ref reader, at, out var one))
            {
                list.Add(one);
            }
            else
            {
                fits = false;
            }

            at.Pop();
        }

        if (count > max)
        {
            at.Add($"a list of at most {max}", $"{count}");
            return false;
        }

        value = list.DrainToImmutable();
        return fits;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) =>
        new() { ["type"] = "array", ["items"] = element.Describe(components), ["maxItems"] = max };
}

/// <summary>One value or a list of them: what an attribute holds.</summary>
internal sealed class OneOrManyShape<T>(Shape<T> element, int max) : Shape<ImmutableArray<T>>
{
    private readonly ListShape<T> _list = new(element, max);

    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out ImmutableArray<T> value)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            return _list.TryRead(ref reader, at, out value);
        }

        var fits = element.TryRead(ref reader, at, out var one);
        value = fits ? [one] : [];
        return fits;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) =>
        new() { ["oneOf"] = new JsonArray(element.Describe(components), _list.Describe(components)) };
}
