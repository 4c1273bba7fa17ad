namespace Millrace.Features.Numerics;

/// <summary>
/// Philox4x32-10, a counter-based random generator: the n-th draw under a seed is a pure function of both, so that draws need no state
/// and a replay can ask for any of them. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
/// </summary>
public static class Philox
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;

    /// <summary>The 128 bits of block (<paramref name="c0"/> … <paramref name="c3"/>) under key (<paramref name="k0"/>, <paramref name="k1"/>).</summary>
    public static (uint R0, uint R1, uint R2, uint R3) Block(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)Multiplier0 * c0;
            ulong p1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>Two independent 64-bit draws for (<paramref name="stream"/>, <paramref name="index"/>) under <paramref name="seed"/>.</summary>
    public static (ulong First, ulong Second) Draw(ulong seed, ulong stream, ulong index)
    {
        var (r0, r1, r2, r3) = Block((uint)index, (uint)(index >> 32), (uint)stream, (uint)(stream >> 32), (uint)seed, (uint)(seed >> 32));
        return (((ulong)r1 << 32) | r0, ((ulong)r3 << 32) | r2);
    }

    /// <summary>The top 53 bits as a double in [0, 1), each value a multiple of 2⁻⁵³.</summary>
    public static double ToUnit(ulong draw) => (draw >> 11) * (1.0 / 9007199254740992.0);

    /// <summary>An index in [0, <paramref name="count"/>), uniform but for a bias below count·2⁻⁶⁴.</summary>
    public static int ToIndex(ulong draw, int count) => (int)Math.BigMul(draw, (ulong)count, out _);
}
