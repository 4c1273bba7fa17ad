using System.Globalization;
using System.Text.Json;

namespace Millrace.Models.Trees;

/// <summary>A value in a JSON document and the path to it, which every fault names.</summary>
internal readonly struct JsonPlace(JsonElement element, string path)
{
    internal JsonPlace this[string name] => Maybe(name) ?? throw Fault($"expected a member '{name}'; got none");

    internal JsonPlace? Maybe(string name)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Fault($"expected an object; got {element.ValueKind}");
        return element.TryGetProperty(name, out JsonElement member) ? new JsonPlace(member, path.Length == 0 ? name : $"{path}.{name}") : null;
    }

    internal string Text() => element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Fault($"expected a text; got {element.ValueKind}");

    /// <summary>A whole number, or a text of one, as XGBoost writes parameters.</summary>
    internal int Int(int least, int most)
    {
        bool read = element.ValueKind switch
        {
            JsonValueKind.Number => element.TryGetInt32(out int _),
            JsonValueKind.String => int.TryParse(element.GetString(), CultureInfo.InvariantCulture, out int _),
            _ => false,
        };
        int number = !read ? 0 : element.ValueKind == JsonValueKind.Number ? element.GetInt32() : int.Parse(element.GetString()!, CultureInfo.InvariantCulture);
        return read && number >= least && number <= most ? number : throw Fault($"expected a whole number from {least} to {most}; got {Shown()}");
    }

    /// <summary>How many items an array has.</summary>
    internal int Length(int most)
    {
        if (element.ValueKind != JsonValueKind.Array) throw Fault($"expected an array; got {element.ValueKind}");
        int length = element.GetArrayLength();
        return length <= most ? length : throw Fault($"expected at most {most} items; got {length}");
    }

    internal IEnumerable<JsonPlace> Items()
    {
        string at = path;
        return element.EnumerateArray().Select((item, index) => new JsonPlace(item, $"{at}[{index}]"));
    }

    internal int[] Ints(int most)
    {
        var numbers = new int[Length(most)];
        int at = 0;
        foreach (JsonElement item in element.EnumerateArray())
        {
            // Flags such as default_left were booleans in some releases.
            if (item.ValueKind is JsonValueKind.True or JsonValueKind.False) numbers[at] = item.ValueKind == JsonValueKind.True ? 1 : 0;
            else if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out numbers[at])) throw Fault($"expected whole numbers; got {Shown(item)} at {at}");
            at++;
        }

        return numbers;
    }

    /// <param name="most">At most so many.</param>
    /// <param name="missing">Whether NaN may be among them.</param>
    internal float[] Floats(int most, bool missing = false)
    {
        var numbers = new float[Length(most)];
        int at = 0;
        foreach (JsonElement item in element.EnumerateArray())
        {
            // As BareNaN hides it.
            if (missing && item.ValueKind == JsonValueKind.String && item.ValueEquals("")) numbers[at] = float.NaN;
            else if (item.ValueKind != JsonValueKind.Number || !item.TryGetSingle(out numbers[at]) || !float.IsFinite(numbers[at]))
            {
                throw Fault($"expected finite numbers; got {Shown(item)} at {at}");
            }

            at++;
        }

        return numbers;
    }

    internal ForestException Fault(string message) => new($"{(path.Length == 0 ? "the file" : path)}: {message}");

    private string Shown() => Shown(element);

    private static string Shown(JsonElement element)
    {
        if (element.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)) return element.ValueKind.ToString();
        if (element.ValueKind == JsonValueKind.String && element.ValueEquals("")) return "NaN or an empty text";
        string text = element.ToString();
        return $"'{text[..Math.Min(32, text.Length)]}'";
    }
}
