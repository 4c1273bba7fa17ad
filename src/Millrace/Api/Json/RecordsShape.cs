using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Api.Json;

/// <summary>A record of a batch: read, or refused for its own faults while the others apply.</summary>
/// <param name="Index">Its 0-based index in the list, or its 1-based line in NDJSON.</param>
/// <param name="Value">As far as it could be read.</param>
/// <param name="Faults">Empty when it is good.</param>
internal readonly record struct BatchRecord<T>(int Index, T Value, IReadOnlyList<Fault> Faults);

/// <summary>A list of records that stand and fall one by one.</summary>
internal sealed class RecordsShape<T>(Shape<T> element, int max) : Shape<List<BatchRecord<T>>>
{
    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out List<BatchRecord<T>> value)
    {
        value = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            at.Wrong(ref reader, $"a list of at most {max} records");
            return false;
        }

        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count++ >= max)
            {
                reader.Skip();
                continue;
            }

            at.Push(count - 1);
            var outer = at.Enter();
            element.TryRead(ref reader, at, out var one);
            value.Add(new(count - 1, one, at.Leave(outer)));
            at.Pop();
        }

        if (count > max)
        {
            at.Add($"a list of at most {max} records", $"{count}");
        }

        return count <= max;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) =>
        new() { ["type"] = "array", ["items"] = element.Describe(components), ["maxItems"] = max };
}
