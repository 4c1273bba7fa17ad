using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Api.Json;

/// <summary>Text of a bounded length in UTF-8 bytes, without control characters.</summary>
internal sealed class TextShape(int minBytes, int maxBytes, string what) : Shape<string>
{
    /// <summary>An id as DESIGN §9 has it: 1 to 128 UTF-8 bytes, no controls, case-sensitive.</summary>
    // '.' and '..' are left out: a path cannot name them (RFC 3986 §5.2.4 removes them, percent-encoded or not).
    public static readonly TextShape Id = new(1, 128, "an id, neither '.' nor '..'") { Holds = id => id is not ("." or "..") };

    /// <summary>An absolute URL that a delivery listener could be asked for.</summary>
    public static readonly TextShape WebUrl = new(1, 2_048, "an absolute http or https URL")
    {
        Holds = text => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0,
    };

    /// <summary>What the text must be besides; null for nothing.</summary>
    public Predicate<string>? Holds { get; init; }

    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out string value)
    {
        value = "";
        if (reader.TokenType != JsonTokenType.String)
        {
            at.Wrong(ref reader, Expected);
            return false;
        }

        if (Reading.Text(ref reader) is not { } text)
        {
            at.Add(Expected, Reading.Show(ref reader));
            return false;
        }

        value = text;
        return Check(text, at);
    }

    /// <summary>Judges a text that came by another way than JSON: a path segment, a key of an object.</summary>
    public bool Check(string text, Reading at)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes < minBytes || bytes > maxBytes)
        {
            at.Add(Expected, $"{bytes} bytes");
            return false;
        }

        foreach (var c in text)
        {
            if (char.IsControl(c))
            {
                at.Add(Expected, $"the control character U+{(int)c:X4}");
                return false;
            }
        }

        if (Holds is { } holds && !holds(text))
        {
            at.Add(Expected, Reading.Quote(text));
            return false;
        }

        return true;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) => new()
    {
        ["type"] = "string",
        ["minLength"] = minBytes,
        ["maxLength"] = maxBytes,
        ["description"] = Expected,
    };

    private string Expected => $"{what}: text of {minBytes} to {maxBytes} bytes of UTF-8 without control characters";
}
