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
    private const int UuidLength = 36;
    private const int MostDigits = 18;

    public static IdKind Of(string id, out ulong number, out Guid uuid)
    {
        number = 0;
        uuid = default;
        if (id.Length == UuidLength && IsCanonicalUuid(id))
        {
            uuid = Guid.ParseExact(id, "D");
            return IdKind.Uuid;
        }

        return IsCanonicalNumber(id) && ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out number) ? IdKind.Number : IdKind.Text;
    }

    public static string ToText(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    public static string ToText(ReadOnlySpan<byte> uuid) => new Guid(uuid, bigEndian: true).ToString("D");

    /// <summary>Upper case, braces and the like would come back otherwise than they went in.</summary>
    private static bool IsCanonicalUuid(string id)
    {
        for (var i = 0; i < id.Length; i++)
        {
            var fits = i is 8 or 13 or 18 or 23 ? id[i] == '-' : char.IsAsciiHexDigitLower(id[i]);
            if (!fits)
            {
                return false;
            }
        }

        return true;
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
