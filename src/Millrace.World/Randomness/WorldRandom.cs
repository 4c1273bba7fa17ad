namespace Millrace.World.Randomness;

/// <summary>
/// Counter-based draws: the sequence is a function of (seed, purpose, two indexes) alone, so that user 7, or view 3 of visit 12, is the same
/// whoever asks first. SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
/// </summary>
internal struct WorldRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state;

    private WorldRandom(ulong state) => _state = state;

    /// <summary>The sequence of one purpose and up to two indexes.</summary>
    public static WorldRandom For(ulong seed, RandomStream stream, long first = 0, long second = 0)
    {
        var key = Mix(seed + Golden * (ulong)stream);
        key = Mix(key ^ Mix((ulong)first + Golden));
        return new WorldRandom(Mix(key ^ Mix(~(ulong)second + Golden)));
    }

    /// <summary>64 even bits.</summary>
    public ulong NextBits() => Mix(_state += Golden);

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextUnit() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 .. <paramref name="bound"/> - 1; the multiply-shift bias is below 2⁻³² for bounds of ours.</summary>
    public int NextBelow(int bound) => (int)(((NextBits() >> 32) * (ulong)bound) >> 32);

    /// <summary>Exponential with mean 1.</summary>
    public double NextExponential() => -Math.Log(1 - NextUnit());

    /// <summary>Index drawn in proportion to <paramref name="weights"/>, which sum to <paramref name="total"/>.</summary>
    public int NextWeighted(ReadOnlySpan<double> weights, double total)
    {
        var left = NextUnit() * total;
        for (var i = 0; i < weights.Length - 1; i++)
        {
            left -= weights[i];
            if (left < 0)
            {
                return i;
            }
        }

        return weights.Length - 1;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
