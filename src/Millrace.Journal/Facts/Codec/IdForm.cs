using System.Buffers;
using System.Globalization;

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

        var digits = (stackalloc char[UuidBytes * 2]);
        id[..8].CopyTo(digits);
        id[9..13].CopyTo(digits[8..]);
        id[14..18].CopyTo(digits[12..]);
        id[19..23].CopyTo(digits[16..]);
        id[24..].CopyTo(digits[20..]);
        return !digits.ContainsAnyInRange('A', 'F') && Convert.FromHexString(digits, uuid, out _, out _) == OperationStatus.Done;
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
