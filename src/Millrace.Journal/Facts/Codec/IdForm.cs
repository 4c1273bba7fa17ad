using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Journal.Facts.Codec;

/// <summary>The forms in which an id is written.</summary>
internal enum IdKind
{
    Text = 0,
    Uuid = 1,
    Number = 2,
    Repeat = 3,
}

/// <summary>Finds the shortest form from which an id's exact text comes back.</summary>
internal static class IdForm
{
    public const int UuidBytes = 16;
    private const int UuidLength = 36;
    private const int MostDigits = 18;

    /// <summary>The form of <paramref name="id"/>, and its number or its UUID when it is one.</summary>
    /// <param name="id">Any text.</param>
    /// <param name="number">The number; else 0.</param>
    /// <param name="uuid">Of <see cref="UuidBytes"/>: takes the UUID, first digit first.</param>
    public static IdKind Of(string id, out ulong number, Span<byte> uuid)
    {
        number = 0;
        if (id.Length == UuidLength)
        {
            return TryReadUuid(id, uuid) ? IdKind.Uuid : IdKind.Text;
        }

        return IsCanonicalNumber(id) && ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out number) ? IdKind.Number : IdKind.Text;
    }

    public static string ToText(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    public static string ToText(ReadOnlySpan<byte> uuid) => new Guid(uuid, bigEndian: true).ToString("D");

    /// <summary>Reads 8-4-4-4-12 digits; upper case would come back otherwise than it went in.</summary>
    private static bool TryReadUuid(ReadOnlySpan<char> id, Span<byte> uuid)
    {
        if (id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-')
        {
            return false;
        }

        // Four windows of 16 characters hold the 32 digits; a shuffle leaves the dashes out, with zeros where the other window's digits go.
        const byte No = 0xFF;
        var high = Vector128.Shuffle(Window(id, 0), Vector128.Create(0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, No, No, No, No))
            | Vector128.Shuffle(Window(id, 2), Vector128.Create(No, No, No, No, No, No, No, No, No, No, No, No, 12, 13, 14, 15));
        var low = Vector128.Shuffle(Window(id, 16), Vector128.Create(3, 4, 5, 6, No, No, No, No, No, No, No, No, No, No, No, No))
            | Vector128.Shuffle(Window(id, 20), Vector128.Create(No, No, No, No, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
        var fits = TryReadDigits(high, out var first) & TryReadDigits(low, out var last);
        Vector128.Narrow(first, last).CopyTo(uuid);
        return fits;
    }

    /// <summary>Sixteen characters from one on as bytes; what is not ASCII becomes 255.</summary>
    private static Vector128<byte> Window(ReadOnlySpan<char> id, int at)
    {
        var chars = MemoryMarshal.Cast<char, ushort>(id);
        return Vector128.NarrowWithSaturation(Vector128.Create(chars.Slice(at, 8)), Vector128.Create(chars.Slice(at + 8, 8)));
    }

    /// <summary>Two digits each to a byte in the lower half of a number; false when one is no digit.</summary>
    private static bool TryReadDigits(Vector128<byte> digits, out Vector128<ushort> bytes)
    {
        var (number, letter) = (digits - Vector128.Create((byte)'0'), digits - Vector128.Create((byte)'a'));
        var isNumber = Vector128.LessThanOrEqual(number, Vector128.Create((byte)9));
        var isLetter = Vector128.LessThanOrEqual(letter, Vector128.Create((byte)5));
        var pairs = Vector128.ConditionalSelect(isNumber, number, letter + Vector128.Create((byte)10)).AsUInt16();
        bytes = ((pairs & Vector128.Create((ushort)0xF)) << 4) | (pairs >> 8);
        return (isNumber | isLetter) == Vector128<byte>.AllBitsSet;
    }

    private static bool IsCanonicalNumber(string id)
    {
        if (id.Length is 0 or > MostDigits || (id[0] == '0' && id.Length > 1))
        {
            return false;
        }

        foreach (var c in id)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}
