using System.Buffers.Text;
using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http2;

/// <summary>
/// Writes header blocks by the static table and literals alone, without Huffman's code. It keeps no table, so blocks may be made in any order by any
/// thread, and nothing of one response is left to be guessed at from another's size (RFC 7541 §7.1).
/// </summary>
internal static class HpackEncoder
{
    /// <summary>"Without indexing" (§6.2.2) with a name of the static table, or zero for one that follows.</summary>
    private const int NamePrefixMax = 15;

    /// <summary>Of the two lengths and the index.</summary>
    private const int LineOverhead = 2 + 5 + 5;

    /// <summary>The static table's name of <c>:status</c>.</summary>
    private const int StatusName = 8;

    /// <summary>Says that the table stays empty (§4.2); must come first in the block after the peer has allowed less than it did.</summary>
    public static int PutEmptyTable(Span<byte> into)
    {
        into[0] = 0x20;
        return 1;
    }

    /// <summary>The most that a status takes.</summary>
    public const int MaxStatusBytes = 5;

    /// <summary>The most that a field takes.</summary>
    public static int MaxBytes(int nameLength, int valueLength) => nameLength + valueLength + LineOverhead;

    public static int PutStatus(Span<byte> into, int status)
    {
        var index = status switch { 200 => 8, 204 => 9, 206 => 10, 304 => 11, 400 => 12, 404 => 13, 500 => 14, _ => 0 };
        if (index > 0)
        {
            into[0] = (byte)(0x80 | index);
            return 1;
        }

        into[0] = StatusName;
        into[1] = 3;
        Utf8Formatter.TryFormat(status, into[2..], out _);
        return MaxStatusBytes;
    }

    /// <summary>Puts a field; its name may be of any case. Returns the bytes taken.</summary>
    public static int Put(Span<byte> into, FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var index = HpackStaticTable.IndexOf(id);
        var at = 0;
        if (index == 0)
        {
            into[at++] = 0;
            at += PutLength(into[at..], name.Length);
            Ascii.ToLower(name, into[at..], out _);
            at += name.Length;
        }
        else if (index < NamePrefixMax)
        {
            into[at++] = (byte)index;
        }
        else
        {
            into[at++] = NamePrefixMax;
            into[at++] = (byte)(index - NamePrefixMax);
        }

        at += PutLength(into[at..], value.Length);
        value.CopyTo(into[at..]);
        return at + value.Length;
    }

    private static int PutLength(Span<byte> into, int length)
    {
        const int Max = 0x7f;
        if (length < Max)
        {
            into[0] = (byte)length;
            return 1;
        }

        into[0] = Max;
        length -= Max;
        var at = 1;
        for (; length >= 0x80; length >>= 7)
        {
            into[at++] = (byte)(length | 0x80);
        }

        into[at++] = (byte)length;
        return at;
    }
}
