using CsCheck;
using Millrace.World.Clicks;
using Millrace.World.Randomness;

namespace Millrace.Tests.World;

public sealed class ClickModelTests
{
    private const int Views = 40_000;

    private static readonly Appeal[] _slate =
        [new(0.5, 0.7), new(0.1, 0.2), new(0.4, 0.5), new(0.3, 0.9), new(0.6, 0.3), new(0.2, 0.4)];

    private static readonly Gen<Appeal[]> _appeals =
        Gen.Select(Gen.Double[0.01, 0.99], Gen.Double[0, 1], (attraction, satisfaction) => new Appeal(attraction, satisfaction)).Array[3, 7];

    public static TheoryData<string> Names => [.. ClickModels.All.Select(model => model.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Sampled_clicks_match_the_exact_probabilities_of_their_model_and_of_no_other(string name)
    {
        var counts = Count(ClickModels.Named(name));
        foreach (var model in ClickModels.All)
        {
            var distance = Distance(model, counts);
            // χ² per position is about 1 when the model is right; 4.5 standard deviations squared leave room for one unlucky position.
            if (model.Name == name)
            {
                Assert.True(distance < 20, $"{name} against itself: {distance}");
            }
            else
            {
                Assert.True(distance > 100, $"{name} against {model.Name}: {distance}, the test has no power");
            }
        }
    }

    [Fact]
    public void A_slightly_wrong_position_bias_is_caught()
    {
        var counts = Count(new PositionBasedModel(0.7));
        Assert.True(Distance(new PositionBasedModel(0.7), counts) < 20);
        Assert.True(Distance(new PositionBasedModel(0.8), counts) > 20);
    }

    [Fact]
    public void Position_bias_can_be_measured_from_clicks_on_equal_items()
    {
        var equal = Enumerable.Repeat(new Appeal(0.5, 0.5), 8).ToArray();
        var counts = Count(new PositionBasedModel(1), equal);
        for (var k = 1; k < counts.Length; k++)
        {
            Assert.Equal(1.0 / (k + 1), counts[k] / (double)counts[0], tolerance: 0.03);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_best_slate_is_the_best_of_all_orders_of_all_choices(string name)
    {
        var model = ClickModels.Named(name);
        _appeals.Sample(
            items =>
            {
                var best = model.Best(items, 3);
                Assert.Equal(3, best.Distinct().Count());
                var found = model.ExpectedClicks(Select(items, best));
                var brute = Slates(items.Length, 3).Max(slate => model.ExpectedClicks(Select(items, slate)));
                Assert.Equal(brute, found, tolerance: 1e-12);
            },
            iter: 200, seed: "0000000000001");
    }

    // Not so under dbn: an item that satisfies ends the view, and may cost more clicks below than it brings.
    [Theory]
    [InlineData("position")]
    [InlineData("cascade")]
    [InlineData("dependent")]
    public void Less_attraction_anywhere_never_gives_more_expected_clicks(string name)
    {
        var model = ClickModels.Named(name);
        Gen.Select(_appeals, Gen.Int[0, 2], Gen.Double[0, 1]).Sample(
            (items, at, share) =>
            {
                var before = model.ExpectedClicks(items);
                items[at] = items[at] with { Attraction = items[at].Attraction * share };
                Assert.True(model.ExpectedClicks(items) <= before + 1e-12);
            },
            iter: 500, seed: "0000000000002");
    }

    [Fact]
    public void An_unknown_model_is_refused_with_the_names_that_exist()
    {
        var error = Assert.Throws<ArgumentException>(() => ClickModels.Named("magic"));
        Assert.Contains("position, cascade, dependent, dbn", error.Message, StringComparison.Ordinal);
    }

    private static int[] Count(IClickModel model, Appeal[]? slate = null)
    {
        slate ??= _slate;
        var random = WorldRandom.For(7, RandomStream.Click);
        var counts = new int[slate.Length];
        var draws = new double[2 * slate.Length];
        var clicked = new bool[slate.Length];
        for (var view = 0; view < Views; view++)
        {
            for (var i = 0; i < draws.Length; i++)
            {
                draws[i] = random.NextUnit();
            }

            model.Sample(slate, draws, clicked);
            for (var k = 0; k < counts.Length; k++)
            {
                counts[k] += clicked[k] ? 1 : 0;
            }
        }

        return counts;
    }

    /// <summary>The largest squared standard score over the positions.</summary>
    private static double Distance(IClickModel model, int[] counts)
    {
        var expected = new double[counts.Length];
        model.Probabilities(_slate, expected);
        return counts.Zip(expected, (count, p) => Math.Pow(count - Views * p, 2) / (Views * p * (1 - p))).Max();
    }

    private static Appeal[] Select(Appeal[] items, int[] slate) => [.. slate.Select(index => items[index])];

    private static IEnumerable<int[]> Slates(int items, int count) =>
        count == 0
            ? [[]]
            : Slates(items, count - 1).SelectMany(head => Enumerable.Range(0, items).Except(head).Select(next => (int[])[.. head, next]));
}
