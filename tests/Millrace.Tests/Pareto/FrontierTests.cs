using CsCheck;
using Millrace.Pareto;

namespace Millrace.Tests.Pareto;

public sealed class FrontierTests
{
    [Fact]
    public void It_is_what_is_left_when_everything_that_something_beats_is_struck_out() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[0, 12], Gen.Int[0, 1 << 20]).SelectMany(size => Gen.Select(
            Gen.Int[0, 3].Array[size.Item1].Array[size.Item2], Gen.Bool.Array[size.Item1])).Sample((points, less) =>
        {
            double[][] values = [.. points.Select(point => point.Select(value => (double)value).ToArray())];
            var expected = new List<int>();
            for (var i = 0; i < points.Length; i++)
            {
                var beaten = false;
                for (var j = 0; j < points.Length; j++)
                {
                    // By hand: as many objectives as there are where j is at least as good, and one where it is better.
                    var (asGood, better) = (0, 0);
                    for (var o = 0; o < less.Length; o++)
                    {
                        var (mine, other) = less[o] ? (-points[i][o], -points[j][o]) : (points[i][o], points[j][o]);
                        asGood += other >= mine ? 1 : 0;
                        better += other > mine ? 1 : 0;
                    }

                    beaten |= asGood == less.Length && better > 0;
                }

                if (!beaten)
                {
                    expected.Add(i);
                }
            }

            Assert.Equal(expected, Frontier.Of(values, less));
        });
}
