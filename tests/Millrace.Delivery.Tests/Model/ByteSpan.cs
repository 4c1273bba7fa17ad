using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Delivery.Tests.Model;

/// <summary>One range of RFC 9110 §14.1.2 upon a body of known length.</summary>
internal readonly record struct ByteSpan(int First, int Last)
{
    /// <summary>The bytes that <c>bytes=a-b, c-, -n</c> names, those that there are; null when the field is malformed, and so ignored (§14.2).</summary>
    public static ByteSpan[]? AllOf(string range, int length)
    {
        if (!range.StartsWith("bytes=", StringComparison.Ordinal))
        {
            return null;
        }

        List<ByteSpan> spans = [];
        foreach (var spec in range["bytes=".Length..].Split(',').Select(static one => one.Trim(' ', '\t')))
        {
            var match = Regex.Match(spec, @"^(\d*)-(\d*)$");
            if (!match.Success || spec == "-")
            {
                return null;
            }

            if (Of(match.Groups[1].Value, match.Groups[2].Value, length) is { } span)
            {
                spans.Add(span);
            }
        }

        return [.. spans];
    }

    private static ByteSpan? Of(string first, string last, int length)
    {
        if (first.Length == 0)
        {
            var suffix = int.Parse(last, CultureInfo.InvariantCulture);
            return suffix == 0 || length == 0 ? null : new ByteSpan(Math.Max(0, length - suffix), length - 1);
        }

        var from = int.Parse(first, CultureInfo.InvariantCulture);
        return from >= length ? null : new ByteSpan(from, last.Length == 0 ? length - 1 : Math.Min(length - 1, int.Parse(last, CultureInfo.InvariantCulture)));
    }
}

/// <summary>A part as it came, with the bytes that it says it has.</summary>
internal sealed record PartOfBody(int First, int Last, int Size, byte[] Bytes)
{
    public static PartOfBody? Read(string? contentRange, byte[] bytes)
    {
        var range = Regex.Match(contentRange ?? "", @"^bytes (\d+)-(\d+)/(\d+)$");
        int Number(int group) => int.Parse(range.Groups[group].Value, CultureInfo.InvariantCulture);
        return range.Success ? new PartOfBody(Number(1), Number(2), Number(3), bytes) : null;
    }

    /// <summary>Whether it is what it says of this body.</summary>
    public bool Fits(byte[] whole) => Size == whole.Length && First <= Last && Last < whole.Length && Bytes.AsSpan().SequenceEqual(whole.AsSpan(First, Last - First + 1));

    /// <summary>Whether it begins and ends where something asked for does: it is one of the ranges, or several that were joined (RFC 9110 §15.3.7.2).</summary>
    public bool IsMadeOf(ByteSpan[] asked) => asked.Any(one => one.First == First) && asked.Any(one => one.Last == Last);

    public bool Holds(ByteSpan one) => First <= one.First && one.Last <= Last;
}
