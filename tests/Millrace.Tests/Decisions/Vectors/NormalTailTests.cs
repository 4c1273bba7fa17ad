using CsCheck;
using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Tests.Decisions.Vectors;

public sealed class NormalTailTests
{
    // Of tables of the normal distribution.
    [Theory]
    [InlineData(-3, 0.99865010)]
    [InlineData(-1, 0.84134475)]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.15865525)]
    [InlineData(2, 0.02275013)]
    [InlineData(4, 0.00003167)]
    public void The_share_above_is_the_normal_distributions(float z, double share) => Assert.Equal(share, NormalTail.Of(z), 1e-5);

    [Fact]
    public void The_largest_are_moved_to_the_front() => Gen.Select(Gen.ULong[0, 40].Array[0, 200], Gen.Int[0, 220]).Sample(static (values, count) =>
    {
        ulong[] moved = [.. values];
        Selection.MoveLargest(moved, count);
        Assert.Equal(values.OrderDescending().Take(count), moved.Take(count).OrderDescending());
        Assert.Equal(values.Order(), moved.Order());
    });
}
