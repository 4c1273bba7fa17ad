using CsCheck;
using Millrace.Features.Numerics;

namespace Millrace.Tests.Features.Numerics;

public sealed class CountLogTests
{
    [Fact]
    public void Every_count_of_the_table_and_some_beyond_have_the_bits_of_the_function()
    {
        for (long count = 0; count < CountLog.TableSize + 1000; count++) Same(count);
    }

    [Fact]
    public void Great_counts_have_the_bits_of_the_function() => Gen.Long[0, 1L << 53].Sample(Same);

    private static void Same(long count) => Assert.Equal(
        BitConverter.SingleToUInt32Bits((float)Deterministic.LogOnePlus(count)), BitConverter.SingleToUInt32Bits(CountLog.LogOnePlus(count)));
}
