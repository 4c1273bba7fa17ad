using System.Buffers.Binary;

namespace Millrace.Soak.Content;

/// <summary>
/// Bodies as a function of what they are. Each word of eight bytes is a bijection of (object, variant, version) and its place, so a body needs no
/// checksum: any wrong byte shows, at any offset, and a word out of place tells from which version of which object it came.
/// </summary>
internal readonly record struct BodyText(ulong Name, bool Hex)
{
    private const ulong Stride = 0x9E3779B97F4A7C15;
    private const ulong Salt = 0x51ED270B9F3C7A11;

    public static BodyText Of(int item, int variant, long version, bool hex) => new(((ulong)item << 44) | ((ulong)variant << 36) | (ulong)version, hex);

    private int WordBytes => Hex ? 16 : 8;

    public void Fill(Span<byte> into, long offset)
    {
        Span<byte> word = stackalloc byte[16];
        for (var done = 0; done < into.Length;)
        {
            var (index, within) = Math.DivRem(offset + done, WordBytes);
            WordAt(index, word);
            var part = word[(int)within..WordBytes];
            part = part[..Math.Min(part.Length, into.Length - done)];
            part.CopyTo(into[done..]);
            done += part.Length;
        }
    }

    /// <summary>The first place at which bytes from <paramref name="offset"/> on differ, or -1.</summary>
    public int FirstWrong(ReadOnlySpan<byte> bytes, long offset)
    {
        Span<byte> word = stackalloc byte[16];
        for (var done = 0; done < bytes.Length;)
        {
            var (index, within) = Math.DivRem(offset + done, WordBytes);
            WordAt(index, word);
            var part = word[(int)within..WordBytes];
            part = part[..Math.Min(part.Length, bytes.Length - done)];
            var common = part.CommonPrefixLength(bytes[done..]);
            if (common < part.Length)
            {
                return done + common;
            }

            done += part.Length;
        }

        return -1;
    }

    /// <summary>Whose the bytes are that stand at an offset, in words, for a report.</summary>
    public string WhoseAre(ReadOnlySpan<byte> bytes, long offset)
    {
        var skip = (int)((WordBytes - (offset % WordBytes)) % WordBytes);
        if (bytes.Length < skip + WordBytes)
        {
            return "too few to tell";
        }

        var word = bytes.Slice(skip, WordBytes);
        ulong value;
        if (!Hex)
        {
            value = BinaryPrimitives.ReadUInt64LittleEndian(word);
        }
        else if (!ulong.TryParse(word, System.Globalization.NumberStyles.HexNumber, null, out value))
        {
            return $"nobody's: {Convert.ToHexString(word)}";
        }

        var name = Unmix(value) ^ Salt ^ ((ulong)((offset + skip) / WordBytes) * Stride);
        return $"object {name >> 44} variant {(name >> 36) & 0xFF} version {name & 0xFFFFFFFFF}, if anybody's";
    }

    private void WordAt(long index, Span<byte> into)
    {
        var value = Mix(Name ^ Salt ^ ((ulong)index * Stride));
        if (!Hex)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(into, value);
            return;
        }

        for (var i = 15; i >= 0; i--, value >>= 4)
        {
            into[i] = "0123456789abcdef"u8[(int)(value & 15)];
        }
    }

    // The finaliser of MurmurHash3 and its inverse.
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
        x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
        return x ^ (x >> 33);
    }

    private static ulong Unmix(ulong x)
    {
        x = (x ^ (x >> 33)) * 0x9cb4b2f8129337db;
        x = (x ^ (x >> 33)) * 0x4f74430c22a54005;
        return x ^ (x >> 33);
    }
}
