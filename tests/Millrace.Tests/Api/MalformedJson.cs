using System.Text;

namespace Millrace.Tests.Api;

/// <summary>A field of a well-formed object: what is right for it, and values that are JSON and never right.</summary>
internal sealed record GoodField(string Name, string Value, string[] Wrong, bool Required = false);

/// <summary>Breaks well-formed objects in one known way each.</summary>
internal static class MalformedJson
{
    /// <summary>Values that no field of text takes.</summary>
    public static readonly string[] NoText = ["7", "null", "true", "{}", "[]", "\"\"", "\"\\ud800\"", "\"a\\u0000b\"", $"\"{new string('x', 3_000)}\"", "{\"a\":{\"b\":[1,{}]}}"];

    public static readonly string[] NoTime =
    [
        "0", "null", "1e300", "\"\"", "\"yesterday\"", "\"2026-02-30T00:00:00Z\"", "\"2026-01-01\"", "\"2026-01-01T00:00:00\"", "\"10000-01-01T00:00:00Z\"",
        "\"1969-12-31T23:59:59Z\"", "\"2026-01-01T24:00:00Z\"", "\"2026-01-01T00:00:00.Z\"", "\"2026-01-01T00:00:00+99:99\"", "\"\\ud83d2026-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59-23:59\"", "\"9999-12-31T23:59:59.9999999-00:01\"",
    ];

    /// <summary>Times that are times, too far ahead for what happens now.</summary>
    public static readonly string[] NoTimeNow = [.. NoTime, "\"9999-12-31T23:59:59.999999Z\"", "\"2999-01-01T00:00:00Z\""];

    public static readonly string[] NoNumber = ["\"7\"", "null", "true", "{}", "[]", "1e999", "-1e999", "\"NaN\"", "123456789012345678901234567890123456789012345678901234567890"];

    public static readonly string[] NoBool = ["0", "1", "\"true\"", "null", "[]", "{}"];

    public static readonly string[] NoObject = ["0", "\"x\"", "null", "[]", "[[]]", "false"];

    public static readonly string[] NoList = ["0", "\"x\"", "null", "{}", "{\"0\":1}", "true"];

    public static readonly string[] NoWord = ["0", "null", "\"\"", "\"Online\"", "\"\\ud800\"", "\"\\udc00x\"", "[\"online\"]"];

    // Wherever a message is cut short, one of this and of this one letter later is cut within a surrogate pair.
    private static readonly string Emoji = string.Concat(Enumerable.Repeat("\U0001F600", 200));

    private static readonly string[] Unknown = ["unknown", "iD", "tiem", "candidate", "__proto__", "", "a/b~c", "\\ud800", "\\u0000", new('k', 5_000), Emoji, "k" + Emoji];

    private static readonly string[] NotJson = ["NaN", "-Infinity", "Infinity", "01", "+1", ".5", "1.", "0x1F", "undefined", "'x'", "\"\n\"", "\"\\x\"", "/* */1", "1,,", "tru"];

    private static readonly byte[][] NotUtf8 = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80]];

    private static readonly string[] Instead = ["null", "[]", "7", "\"x\"", "true", "[{}]"];

    private static readonly string[] After = ["x", "{}", ",", "]", "}", "null", "\u0001"];

    /// <summary>A well-formed object.</summary>
    public static string Write(IEnumerable<GoodField> fields) => "{" + string.Join(",", fields.Select(f => $"\"{f.Name}\":{f.Value}")) + "}";

    /// <summary>The object, wrong in one way, and its name. Never holds a line break except as the fault itself in a whole document.</summary>
    /// <param name="random">Chooses.</param>
    /// <param name="fields">The well-formed object's.</param>
    /// <param name="line">Whether it has to stay one line of NDJSON.</param>
    public static (string Fault, byte[] Bytes) Break(Random random, GoodField[] fields, bool line)
    {
        switch (random.Next(10))
        {
            case 0 or 1:
                var at = random.Next(fields.Length);
                var wrong = Pick(random, fields[at].Wrong);
                return ($"{fields[at].Name}: {Cut(wrong)}", Utf8(Write(fields.Select((f, i) => i == at ? f with { Value = wrong } : f))));
            case 2:
                var unknown = Pick(random, Unknown);
                return ($"unknown field {Cut(unknown)}", Utf8(Write(Insert(random, fields, new(unknown, "1", [])))));
            case 3:
                var twice = Pick(random, fields);
                return ($"{twice.Name} twice", Utf8(Write(Insert(random, fields, twice))));
            case 4 when fields.Any(f => f.Required):
                var missing = Pick(random, [.. fields.Where(f => f.Required)]);
                return ($"{missing.Name} missing", Utf8(Write(fields.Where(f => f != missing))));
            case 5:
                var bad = Pick(random, [.. NotJson.Where(n => !line || !n.Contains('\n'))]);
                return ($"not JSON: {Cut(bad)}", Utf8(Write(Insert(random, fields, fields[0] with { Value = bad }, replace: true))));
            case 6:
                var whole = Utf8(Write(fields));
                return ("cut short", whole[..random.Next(1, whole.Length)]);
            case 7:
                return ("not UTF-8", NotText(random, fields));
            case 8:
                var depth = random.Next(3) switch { 0 => 17, 1 => 1_000, _ => 25_000 };
                var deep = random.Next(2) == 0 ? new string('[', depth) + new string(']', depth) : string.Concat(Enumerable.Repeat("{\"a\":", depth / 5)) + "1";
                return ($"nested {depth} deep", Utf8(Write(Insert(random, fields, new("deep", deep, [])))));
            default:
                return random.Next(2) == 0
                    ? ("another document", Utf8(Pick(random, Instead)))
                    : ("something after the document", Utf8(Write(fields) + Pick(random, After)));
        }
    }

    public static T Pick<T>(Random random, T[] among) => among[random.Next(among.Length)];

    private static byte[] NotText(Random random, GoodField[] fields)
    {
        var whole = Utf8(Write(fields));
        var quotes = Enumerable.Range(0, whole.Length).Where(i => whole[i] == '"').ToArray();
        var at = Pick(random, quotes) + 1;
        return [.. whole[..at], .. Pick(random, NotUtf8), .. whole[at..]];
    }

    private static List<GoodField> Insert(Random random, GoodField[] fields, GoodField one, bool replace = false)
    {
        var list = fields.Where(f => !replace || f.Name != one.Name).ToList();
        list.Insert(random.Next(list.Count + 1), one);
        return list;
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Cut(string text) => text.Length <= 40 ? text : text[..40];
}
