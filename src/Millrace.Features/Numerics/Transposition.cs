using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Features.Numerics;

/// <summary>Rows into columns, and columns into rows, in blocks of eight by eight: each line of the cache is written once for eight of them.</summary>
internal static class Transposition
{
    /// <summary>Rows, and columns, of a block.</summary>
    internal const int Side = 8;

    /// <summary>Writes the first places of all eight behind each other, then, from <paramref name="stride"/> on, their second places ...</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Write(
        Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, Vector256<float> e, Vector256<float> f, Vector256<float> g, Vector256<float> h, Span<float> to, int stride)
    {
        Debug.Assert(stride >= Side && to.Length >= (stride * (Side - 1)) + Side, "there is room for the block");
        if (!Avx.IsSupported)
        {
            WriteEach([a, b, c, d, e, f, g, h], to, stride);
            return;
        }

        ref var at = ref MemoryMarshal.GetReference(to);
        var (ab, cd, ef, gh) = (Avx.UnpackLow(a, b), Avx.UnpackLow(c, d), Avx.UnpackLow(e, f), Avx.UnpackLow(g, h));
        WritePair(ref at, stride, Low(ab, cd), Low(ef, gh), 0);
        WritePair(ref at, stride, High(ab, cd), High(ef, gh), 1);
        (ab, cd, ef, gh) = (Avx.UnpackHigh(a, b), Avx.UnpackHigh(c, d), Avx.UnpackHigh(e, f), Avx.UnpackHigh(g, h));
        WritePair(ref at, stride, Low(ab, cd), Low(ef, gh), 2);
        WritePair(ref at, stride, High(ab, cd), High(ef, gh), 3);
    }

    /// <summary>Writes one place of all eight, and that which is four further.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WritePair(ref float to, int stride, Vector256<float> first, Vector256<float> second, int place)
    {
        Avx.Permute2x128(first, second, 0x20).StoreUnsafe(ref to, (nuint)(place * stride));
        Avx.Permute2x128(first, second, 0x31).StoreUnsafe(ref to, (nuint)((place + 4) * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Low(Vector256<float> a, Vector256<float> b) => Avx.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> High(Vector256<float> a, Vector256<float> b) => Avx.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();

    /// <summary>What <see cref="Write"/> does, without vector instructions.</summary>
    internal static void WriteEach(ReadOnlySpan<Vector256<float>> from, Span<float> to, int stride)
    {
        for (var place = 0; place < Side; place++)
        {
            for (var i = 0; i < Side; i++)
            {
                to[(place * stride) + i] = from[i][place];
            }
        }
    }
}
