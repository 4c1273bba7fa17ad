using System.Runtime.Intrinsics;
using CsCheck;
using Millrace.Features.Numerics;

namespace Millrace.Tests.Features.Numerics;

public sealed class TranspositionTests
{
    [Fact]
    public void A_block_is_turned_and_nothing_beside_it_is_touched() => Gen.Select(Gen.UInt.Array[64], Gen.Int[8, 20]).Sample((bits, stride) =>
    {
        // Any bits at all: cells of rows are moved as floats and are none.
        Vector256<float>[] rows = [.. Enumerable.Range(0, 8).Select(i => Vector256.Create<uint>(bits.AsSpan(8 * i)).AsSingle())];
        var (turned, plain) = (new float[8 * stride], new float[8 * stride]);
        turned.AsSpan().Fill(7);
        plain.AsSpan().Fill(7);
        Transposition.Write(rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7], turned, stride);
        Transposition.WriteEach(rows, plain, stride);
        for (var at = 0; at < turned.Length; at++)
        {
            var (place, row) = (at / stride, at % stride);
            var expected = row < 8 ? bits[(8 * row) + place] : BitConverter.SingleToUInt32Bits(7);
            Assert.Equal((expected, expected), (BitConverter.SingleToUInt32Bits(turned[at]), BitConverter.SingleToUInt32Bits(plain[at])));
        }
    });
}
