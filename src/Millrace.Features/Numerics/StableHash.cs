using System.Text;

namespace Millrace.Features.Numerics;

/// <summary>A 64-bit hash of text that never changes between releases or machines: FNV-1a over UTF-8, finished with SplitMix64's mixer.</summary>
public static class StableHash
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>The hash of <paramref name="text"/>, started from <paramref name="seed"/> so that uses can be kept apart.</summary>
    public static ulong Of(string text, ulong seed = 0)
    {
        ulong hash = Offset ^ seed;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = rune.EncodeToUtf8(utf8);
            for (int i = 0; i < length; i++) hash = (hash ^ utf8[i]) * Prime;
        }

        return Mix(hash);
    }

    /// <summary>SplitMix64's finalizer: every input bit reaches every output bit. Source: Steele, Lea, Flood, OOPSLA 2014.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
