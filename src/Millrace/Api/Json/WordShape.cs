using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Api.Json;

/// <summary>One word of a closed set, each standing for a value.</summary>
internal sealed class WordShape<T>(params (string Word, T Value)[] words) : Shape<T>
{
    private readonly string _expected = "one of " + string.Join(", ", words.Select(w => w.Word));

    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out T value)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            foreach (var (word, meaning) in words)
            {
                if (Reading.Text(ref reader) == word)
                {
                    value = meaning;
                    return true;
                }
            }

            at.Add(_expected, Reading.Show(ref reader), NearestName.Of(Reading.Text(ref reader) ?? "", words.Select(w => w.Word)));
        }
        else
        {
            at.Wrong(ref reader, _expected);
        }

        value = default!;
        return false;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) => new()
    {
        ["type"] = "string",
        ["enum"] = new JsonArray([.. words.Select(w => (JsonNode)w.Word)]),
    };
}
