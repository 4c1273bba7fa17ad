using CsCheck;
using Millrace.Features.Numerics;

namespace Millrace.Tests.Features.Numerics;

public sealed class SmallestKeysTests
{
    [Fact]
    public void The_smallest_stand_first_ascending_with_all_that_equal_the_last() =>
        Gen.Select(Gen.ULong[0, 40].Array[0, 300], Gen.Int[0, 320]).Sample((keys, most) => Holds(keys, most));

    [Fact]
    public void Keys_of_all_sizes_are_selected() => Gen.Select(Gen.ULong.Array[0, 300], Gen.Int[0, 320]).Sample((keys, most) => Holds(keys, most));

    [Fact]
    public void Slopes_and_peaks_are_selected()
    {
        ulong[] up = [.. Enumerable.Range(0, 5_000).Select(i => (ulong)i)];
        ulong[] peak = [.. up, .. up.Reverse()];
        foreach (ulong[] keys in (ulong[][])[up, [.. up.Reverse()], peak, new ulong[5_000]])
        {
            foreach (int most in (int[])[1, 700, keys.Length - 1]) Holds(keys, most);
        }
    }

    [Fact]
    public void A_greater_number_has_a_smaller_key() => Gen.Select(Gen.Double, Gen.Double).Where((x, y) => !double.IsNaN(x) && !double.IsNaN(y)).Sample((x, y) =>
        Assert.Equal(y.CompareTo(x), SmallestKeys.Descending(x).CompareTo(SmallestKeys.Descending(y))));

    [Fact]
    public void Zeros_of_either_sign_and_infinities_have_their_places()
    {
        Assert.Equal(SmallestKeys.Descending(0.0), SmallestKeys.Descending(-0.0));
        double[] falling = [double.PositiveInfinity, 1, double.Epsilon, 0, -double.Epsilon, -1, double.NegativeInfinity];
        Assert.Equal(falling, falling.Reverse().OrderBy(SmallestKeys.Descending));
    }

    private static void Holds(ulong[] keys, int most)
    {
        ulong[] sorted = [.. keys];
        int[] items = [.. Enumerable.Range(0, keys.Length)];
        int taken = SmallestKeys.Select(sorted, items, most);
        ulong[] expected = [.. keys.Order()];
        int wanted = most == 0 ? 0 : most >= keys.Length ? keys.Length : expected.Count(key => key <= expected[most - 1]);
        Assert.Equal(wanted, taken);
        Assert.Equal(expected[..wanted], sorted[..taken]);
        Assert.Equal(sorted, items.Select(item => keys[item]));
        Assert.Equal(keys.Length, items.Distinct().Count());
    }
}
