using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Millrace.Api.Json;

/// <summary>Reads a whole JSON document (RFC 8259) by its <see cref="Shape{T}"/>: UTF-8, depth, syntax, fields and values, all faults collected.</summary>
internal static class StrictJson
{
    /// <summary>Levels of nesting allowed; the deepest request that means something has 5.</summary>
    public const int MaxDepth = 16;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Disallow };

    /// <summary>Reads the document; every fault is noted in <paramref name="at"/>.</summary>
    /// <returns>Whether it is JSON at all, and whether it fits the shape.</returns>
    public static JsonVerdict Read<T>(ReadOnlySpan<byte> utf8, Shape<T> shape, Reading at, [MaybeNull] out T value)
    {
        value = default;
        if (!Utf8.IsValid(utf8))
        {
            at.Add("UTF-8", "bytes that are not UTF-8");
            return JsonVerdict.Malformed;
        }

        var reader = new Utf8JsonReader(utf8, Options);
        try
        {
            if (!reader.Read())
            {
                at.Add("a JSON document", "nothing");
                return JsonVerdict.Malformed;
            }

            var fits = shape.TryRead(ref reader, at, out value);
            return !reader.Read() && fits && at.Faults.Count == 0 ? JsonVerdict.Fits : JsonVerdict.Misfit;
        }
        catch (JsonException broken)
        {
            at.Unwind();
            at.Add(
                $"well-formed JSON of at most {MaxDepth} levels",
                $"a fault in line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1} of it");
            return JsonVerdict.Malformed;
        }
    }
}

/// <summary>What became of a document.</summary>
internal enum JsonVerdict
{
    /// <summary>It is what was asked for.</summary>
    Fits,

    /// <summary>It is JSON, and not what was asked for.</summary>
    Misfit,

    /// <summary>It is not JSON, not UTF-8, or nested too deep.</summary>
    Malformed,
}
