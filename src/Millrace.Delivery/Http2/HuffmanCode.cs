namespace Millrace.Delivery.Http2;

/// <summary>
/// The Huffman code of RFC 7541 Appendix B. It is canonical, so the lengths alone make the codes: of two codes of one length the lesser belongs to the
/// lesser byte, and shorter codes come before longer ones.
/// </summary>
internal static class HuffmanCode
{
    private const int Symbols = 257;
    private const int EndOfString = 256;
    private const int MaxBits = 30;

    /// <summary>Enough for every byte that is common in fields.</summary>
    private const int FastBits = 9;

    private static readonly byte[] Lengths =
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>The symbols in the order of their codes.</summary>
    private static readonly short[] Ordered = [.. Enumerable.Range(0, Symbols).OrderBy(static symbol => Lengths[symbol]).Select(static symbol => (short)symbol)];

    /// <summary>By length: the first code beyond those of this length, left-aligned in 32 bits.</summary>
    private static readonly uint[] Beyond = new uint[MaxBits + 1];

    /// <summary>By length: what a code of it, right-aligned, is away from its place in <see cref="Ordered"/>.</summary>
    private static readonly int[] Offsets = new int[MaxBits + 1];

    /// <summary>By the next bits: symbol and length of the code that they begin with; zero for a longer one.</summary>
    private static readonly ushort[] Fast = new ushort[1 << FastBits];

    static HuffmanCode()
    {
        var (code, place) = (0u, 0);
        for (var length = 1; length <= MaxBits; length++)
        {
            code <<= 1;
            Offsets[length] = place - (int)code;
            for (; place < Symbols && Lengths[Ordered[place]] == length; place++, code++)
            {
                if (length <= FastBits)
                {
                    Fast.AsSpan((int)(code << (FastBits - length)), 1 << (FastBits - length)).Fill((ushort)((Ordered[place] << 4) | length));
                }
            }

            Beyond[length] = length == MaxBits ? uint.MaxValue : code << (32 - length);
        }
    }

    /// <summary>The most bytes that so many may decode to: the shortest code has five bits.</summary>
    public static int MaxDecoded(int length) => (length * 8 / 5) + 1;

    /// <summary>Decodes; returns the length, or -1 where the code, its padding or an end of string inside it is wrong (RFC 7541 §5.2).</summary>
    public static int Decode(ReadOnlySpan<byte> from, Span<byte> into)
    {
        ulong bits = 0;
        var (held, written) = (0, 0);
        while (true)
        {
            while (held <= 56 && !from.IsEmpty)
            {
                bits |= (ulong)from[0] << (56 - held);
                held += 8;
                from = from[1..];
            }

            var fast = Fast[bits >> (64 - FastBits)];
            var (symbol, length) = fast != 0 ? (fast >> 4, fast & 15) : Long((uint)(bits >> 32));
            if (length > held)
            {
                // Padding is less than a byte, of the highest bits of the end of string: ones.
                return held < 8 && bits >> (64 - held - 1) >> 1 == (1ul << held) - 1 ? written : -1;
            }

            if (symbol == EndOfString)
            {
                return -1;
            }

            into[written++] = (byte)symbol;
            bits <<= length;
            held -= length;
        }
    }

    private static (int Symbol, int Length) Long(uint bits)
    {
        var length = FastBits + 1;
        while (bits >= Beyond[length] && length < MaxBits)
        {
            length++;
        }

        return (Ordered[(int)(bits >> (32 - length)) + Offsets[length]], length);
    }
}
