using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Api.Json;

/// <summary>An object whose keys the caller chooses: features, attributes, context.</summary>
internal sealed class MapShape<T>(TextShape key, Shape<T> element, int max) : Shape<ImmutableSortedDictionary<string, T>>
{
    private static readonly ImmutableSortedDictionary<string, T> Empty = ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out ImmutableSortedDictionary<string, T> value)
    {
        value = Empty;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            at.Wrong(ref reader, $"an object of at most {max} members");
            return false;
        }

        var fits = true;
        var count = 0;
        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (++count > max)
            {
                reader.Skip();
                continue;
            }

            fits &= ReadMember(ref reader, at, map, seen);
        }

        if (count > max)
        {
            at.Add($"an object of at most {max} members", $"{count}");
            return false;
        }

        value = map.Count == 0 ? Empty : map.ToImmutableSortedDictionary(StringComparer.Ordinal);
        return fits;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) =>
        new() { ["type"] = "object", ["additionalProperties"] = element.Describe(components), ["maxProperties"] = max };

    private bool ReadMember(ref Utf8JsonReader reader, Reading at, Dictionary<string, T> map, HashSet<string> seen)
    {
        var name = Reading.Text(ref reader);
        at.Push(name ?? "\uFFFD");
        var fits = true;
        if (name is null)
        {
            at.Add("a key in valid Unicode", "an unpaired surrogate");
            fits = false;
        }
        else if (!seen.Add(name))
        {
            at.Add("each key once", "a repeated key");
            fits = false;
        }
        else
        {
            fits = key.Check(name, at);
        }

        reader.Read();
        if (element.TryRead(ref reader, at, out var one) && fits)
        {
            map[name!] = one;
        }
        else
        {
            fits = false;
        }

        at.Pop();
        return fits;
    }
}
