using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>
/// Codes of sixteen rows: 7 bits per value (x = scale · (code − 64)), four values of all sixteen rows side by side, so that one instruction multiplies eight rows and no sum
/// crosses lanes. 7 bits times a query of 8 bits: the sum of two products fits 16 bits, and no instruction saturates. Sums of integers are the same on every machine.
/// </summary>
internal static class CodeBlock
{
    internal const int Rows = 16;
    internal const int Zero = 64;
    private const int Group = 4;
    private const int Largest = 63;
    private const int LargestOfQuery = 127;

    /// <summary>Writes the codes of <paramref name="vector"/> as row <paramref name="lane"/> of <paramref name="block"/>; returns their scale.</summary>
    internal static float Write(Span<byte> block, int lane, ReadOnlySpan<float> vector)
    {
        float scale = ScaleOf(vector);
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < vector.Length; i++)
        {
            block[(i / Group * Rows * Group) + (lane * Group) + (i % Group)] = (byte)(MathF.Round(vector[i] * inverse) + Zero);
        }

        return scale;
    }

    /// <summary>The scale that a vector's codes get: the step between two of them.</summary>
    internal static float ScaleOf(ReadOnlySpan<float> vector) => LargestOf(vector) / Largest;

    /// <summary>Copies row <paramref name="lane"/> of a block to row <paramref name="toLane"/> of another.</summary>
    internal static void Copy(ReadOnlySpan<byte> block, int lane, Span<byte> to, int toLane)
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(block);
        Span<uint> toWords = MemoryMarshal.Cast<byte, uint>(to);
        for (int i = 0; i < words.Length; i += Rows) toWords[i + toLane] = words[i + lane];
    }

    /// <summary>Writes a query's codes; returns their scale. <paramref name="offset"/> is what <see cref="ICodeLanes.Dot"/> gives a row of zeros.</summary>
    internal static float WriteQuery(Span<sbyte> codes, ReadOnlySpan<float> query, out int offset)
    {
        float scale = LargestOf(query) / LargestOfQuery;
        int sum = 0;
        for (int i = 0; i < query.Length; i++)
        {
            codes[i] = (sbyte)MathF.Round(query[i] / scale);
            sum += codes[i];
        }

        offset = Zero * sum;
        return scale;
    }

    private static float LargestOf(ReadOnlySpan<float> vector)
    {
        float largest = 0;
        foreach (float value in vector) largest = MathF.Max(largest, MathF.Abs(value));
        return largest;
    }
}

/// <summary>Sums of products of sixteen rows with a query, rows 0 to 7 and 8 to 15.</summary>
internal interface ICodeLanes
{
    /// <param name="block">The codes of <see cref="CodeBlock.Rows"/> rows.</param>
    /// <param name="query">The query's codes, four to an element.</param>
    /// <param name="groups">Elements of <paramref name="query"/>.</param>
    static abstract (Vector256<int> Low, Vector256<int> High) Dot(ref byte block, ref int query, int groups);
}

/// <summary>AVX2. On AVX-512 too: a scan waits for memory, not for instructions (docs/results/vectors.md).</summary>
internal readonly struct Avx2Lanes : ICodeLanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<int> Low, Vector256<int> High) Dot(ref byte block, ref int query, int groups)
    {
        Vector256<short> ones = Vector256<short>.One;
        Vector256<int> low = Vector256<int>.Zero;
        Vector256<int> high = Vector256<int>.Zero;
        for (int group = 0; group < groups; group++)
        {
            Vector256<sbyte> four = Vector256.Create(Unsafe.Add(ref query, group)).AsSByte();
            nuint at = (nuint)group * 64;
            low += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref block, at), four), ones);
            high += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref block, at + 32), four), ones);
        }

        return (low, high);
    }
}

/// <summary>Any machine.</summary>
internal readonly struct PlainLanes : ICodeLanes
{
    public static (Vector256<int> Low, Vector256<int> High) Dot(ref byte block, ref int query, int groups)
    {
        Span<int> sums = stackalloc int[CodeBlock.Rows];
        sums.Clear();
        ref sbyte codes = ref Unsafe.As<int, sbyte>(ref query);
        for (int group = 0; group < groups; group++)
        {
            for (int i = 0; i < 64; i++)
            {
                sums[i >> 2] += Unsafe.Add(ref block, (group * 64) + i) * Unsafe.Add(ref codes, (group * 4) + (i & 3));
            }
        }

        return (Vector256.Create<int>(sums), Vector256.Create<int>(sums[8..]));
    }
}
