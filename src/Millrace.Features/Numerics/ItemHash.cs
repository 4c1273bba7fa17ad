using System.Buffers;
using System.IO.Hashing;
using System.Text;

namespace Millrace.Features.Numerics;

/// <summary>
/// The 64 bits that stand for an id or a value of an attribute in sketches and in people's histories: XXH3 over UTF-8, the same for ever. Two of a million ids
/// share their bits with a probability of 3·10⁻⁸. Whoever may choose ids can make them collide: nothing secret or safe hangs on it.
/// </summary>
public static class ItemHash
{
    private const int OnStack = 512;

    /// <summary>The hash of <paramref name="text"/>, another one under another <paramref name="seed"/>, so that uses can be kept apart; allocates nothing.</summary>
    public static ulong Of(ReadOnlySpan<char> text, long seed = 0)
    {
        int most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (most > OnStack) return OfLong(text, most, seed);
        Span<byte> utf8 = stackalloc byte[OnStack];
        return XxHash3.HashToUInt64(utf8[..Encoding.UTF8.GetBytes(text, utf8)], seed);
    }

    private static ulong OfLong(ReadOnlySpan<char> text, int most, long seed)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(most);
        ulong hash = XxHash3.HashToUInt64(utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, utf8)), seed);
        ArrayPool<byte>.Shared.Return(utf8);
        return hash;
    }
}
