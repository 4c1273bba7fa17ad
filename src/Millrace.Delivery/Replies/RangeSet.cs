using System.Buffers.Text;
using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Replies;

/// <summary>What a Range asks of a representation.</summary>
internal enum RangeAnswer
{
    /// <summary>The whole: the field is absent, of another unit, malformed, or asks for more than it is worth (RFC 9110 §14.2).</summary>
    Whole,

    /// <summary>Some of its bytes: 206.</summary>
    Partial,

    /// <summary>Nothing that it has: 416.</summary>
    Unsatisfiable,
}

/// <summary>Reads a Range field against a representation's size (RFC 9110 §14.1.2 and §14.2), with bounds against abuse.</summary>
internal static class RangeSet
{
    /// <summary>More range specs than this get the whole: viewers of documents send a handful, attacks hundreds ("Apache Killer", CVE-2011-3192).</summary>
    public const int Max = 16;

    /// <summary>Ranges nearer than this are joined: about what the head of a part takes (§15.3.7.2).</summary>
    private const long Gap = 80;

    /// <summary>Reads the field; ranges are merged where they overlap or all but touch, and stand in the order they were asked for.</summary>
    /// <param name="field">The field's value; empty when absent.</param>
    /// <param name="size">The representation's length in bytes.</param>
    /// <param name="into">Room for <see cref="Max"/> ranges.</param>
    /// <param name="count">How many ranges there are, with <see cref="RangeAnswer.Partial"/>.</param>
    public static RangeAnswer Read(ReadOnlySpan<byte> field, long size, Span<ByteRange> into, out int count)
    {
        count = 0;
        if (field.Length < 6 || !Ascii.EqualsIgnoreCase(field[..6], "bytes="u8) || size == 0)
        {
            return RangeAnswer.Whole;
        }

        var asked = 0;
        foreach (var spec in new FieldList(field[6..]))
        {
            if (++asked > Max || !TryRead(spec, size, out var range))
            {
                count = 0;
                return RangeAnswer.Whole;
            }

            if (range.Length > 0)
            {
                Merge(into, ref count, range);
            }
        }

        return asked == 0 ? RangeAnswer.Whole : count == 0 ? RangeAnswer.Unsatisfiable : RangeAnswer.Partial;
    }

    /// <summary>Reads <c>first-last</c>, <c>first-</c> or <c>-suffix</c>; of no length when unsatisfiable, false when malformed.</summary>
    private static bool TryRead(ReadOnlySpan<byte> spec, long size, out ByteRange range)
    {
        range = default;
        var dash = spec.IndexOf((byte)'-');
        if (dash < 0)
        {
            return false;
        }

        var from = spec[..dash];
        var to = spec[(dash + 1)..];
        if (from.IsEmpty)
        {
            var reads = TryOffset(to, out var suffix);
            suffix = Math.Min(suffix, size);
            range = new ByteRange(size - suffix, suffix);
            return reads;
        }

        var last = size - 1;
        if (!TryOffset(from, out var first) || (!to.IsEmpty && (!TryOffset(to, out last) || last < first)))
        {
            return false;
        }

        range = new ByteRange(first, Math.Max(0, Math.Min(last, size - 1) - first + 1));
        return true;
    }

    /// <summary>Digits alone. More than a long holds is past the end of anything.</summary>
    private static bool TryOffset(ReadOnlySpan<byte> digits, out long offset)
    {
        offset = 0;
        if (digits.IsEmpty || digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            return false;
        }

        if (digits.TrimStart((byte)'0').Length > 18 || !Utf8Parser.TryParse(digits, out offset, out _))
        {
            offset = long.MaxValue / 2;
        }

        return true;
    }

    /// <summary>Adds a range, joined with all that it touches, where the first of them stood.</summary>
    private static void Merge(Span<ByteRange> ranges, ref int count, ByteRange range)
    {
        var at = count;
        for (var i = count - 1; i >= 0; i--)
        {
            if (ranges[i].Touches(range, Gap))
            {
                // What grew may touch those that were looked at already: look again from the last.
                range = range.With(ranges[i]);
                ranges[(i + 1)..count].CopyTo(ranges[i..]);
                count--;
                at = i;
                i = count;
            }
        }

        at = Math.Min(at, count);
        ranges[at..count].CopyTo(ranges[(at + 1)..]);
        ranges[at] = range;
        count++;
    }
}
