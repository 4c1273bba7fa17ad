using CsCheck;
using Millrace.Features.Online;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Candidates;

/// <summary>Each source against a recount of the same random history.</summary>
public sealed class CandidateSourceTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Clicks of four users in two countries, each some minutes ago.</summary>
    private static readonly Gen<(int User, int Item, int Ago, int Country)[]> Histories =
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, SourceHarness.Items - 1], Gen.Int[0, 50], Gen.Int[0, 1]).Array[0, 60];

    [Fact]
    public void Popular_and_its_segment_are_the_most_clicked_of_those_who_count() => Histories.Sample(
        history =>
        {
            foreach (bool segment in (bool[])[false, true])
            {
                var harness = Filled(history, new CandidateSource(CandidateSourceKind.Popular, 5, Hour) { Segment = segment });
                var counted = Newest(history).Where(click => !segment || click.Country == 1).ToArray();
                string[] expected =
                [
                    .. counted.GroupBy(click => click.Item)
                        .OrderByDescending(clicks => clicks.Count()).ThenBy(clicks => clicks.Min(click => click.Ago)).ThenBy(clicks => $"i{clicks.Key}", StringComparer.Ordinal)
                        .Take(5).Select(clicks => $"i{clicks.Key}"),
                ];
                Assert.Equal(expected, harness.Gather(segment: "c1").Select(found => found.Item));
            }
        },
        iter: 60, threads: 1);

    [Fact]
    public void Trending_is_what_rose_most_in_standard_deviations() => Gen.Select(Gen.Int[0, 40].Array[SourceHarness.Items], Gen.Int[0, 40].Array[SourceHarness.Items]).Sample(
        (now, before) =>
        {
            var harness = new SourceHarness(SourceHarness.Of(new CandidateSource(CandidateSourceKind.Trending, 4, Hour)));
            for (int i = 0; i < SourceHarness.Items; i++)
            {
                for (int n = 0; n < before[i]; n++) harness.Event("u", i, ago: 1.5 * Hour);
            }

            for (int i = 0; i < SourceHarness.Items; i++)
            {
                for (int n = 0; n < now[i]; n++) harness.Event("u", i, ago: Hour / 2);
            }

            double Rise(int i) => (now[i] - before[i]) / Math.Sqrt(now[i] + before[i] + 10);
            string[] expected =
            [
                .. Enumerable.Range(0, SourceHarness.Items).Where(i => now[i] > before[i])
                    .OrderByDescending(Rise).ThenByDescending(i => now[i]).ThenBy(i => $"i{i}", StringComparer.Ordinal).Take(4).Select(i => $"i{i}"),
            ];
            Assert.Equal(expected, harness.Gather().Select(found => found.Item));
        },
        iter: 40, threads: 1);

    [Fact]
    public void Three_clicks_out_of_nothing_are_no_trend_beside_a_hundred_after_seventy() => Assert.True(TrendingRows.Score(3, 0) < TrendingRows.Score(100, 70));

    [Fact]
    public void Similar_by_a_feature_sums_the_shares_that_the_feature_sums() => Histories.Sample(
        history =>
        {
            var harness = Filled(history, new CandidateSource(CandidateSourceKind.Similar, 6) { Feature = "with" });
            var scores = Scores(history, Run(history, 0).Take(3), fade: 0.5);
            Assert.Equal(Best(scores, 6), harness.Gather("u0").Select(found => found.Item));
        },
        iter: 60, threads: 1);

    [Fact]
    public void Also_liked_goes_back_over_all_sessions_of_the_user() => Histories.Sample(
        history =>
        {
            var source = new CandidateSource(CandidateSourceKind.AlsoLiked, 6, TimeSpan.FromDays(7)) { Feature = "with" };
            var harness = Filled(history, source);
            var found = harness.Gather("u0", with: request => request with { Session = "another" });
            Assert.Equal(Best(Scores(history, Run(history, 0), fade: 1), 6), found.Select(item => item.Item));
        },
        iter: 60, threads: 1);

    [Fact]
    public void Affinity_gives_each_topic_its_part_of_what_the_user_chose()
    {
        var harness = new SourceHarness(SourceHarness.Of(new CandidateSource(CandidateSourceKind.Affinity, 4) { Feature = "topics" }));
        foreach (int item in (int[])[0, 3, 6, 1]) harness.Event("me", item);
        foreach (int item in (int[])[9, 9, 9, 4, 4, 2, 2, 2, 2]) harness.Event("other", item);

        // Three of four clicks were of topic 0, whose most clicked is i9, then what was clicked once, newest first; topic 1 gives the last place; topic 2 nothing.
        string[] found = [.. harness.Gather("me").Select(item => item.Item)];
        Assert.Equal("i9", found[0]);
        Assert.Equal(["i4"], found.Where(item => int.Parse(item[1..], null) % 3 == 1));
        Assert.Equal(3, found.Count(item => int.Parse(item[1..], null) % 3 == 0));
        Assert.Empty(harness.Gather("nobody"));
    }

    [Fact]
    public void Neighbours_are_the_nearest_by_cosine_to_what_the_user_chose() => Gen.Int[0, SourceHarness.Items - 1].Array[1, 4].Sample(
        chosen =>
        {
            var harness = new SourceHarness(SourceHarness.Of(new CandidateSource(CandidateSourceKind.Neighbours, 5) { Feature = "near" }));
            foreach (int item in chosen) harness.Event("me", item);
            double[] query = [.. Enumerable.Range(0, 8).Select(place => chosen.Distinct().Sum(item => Scaled(item)[place]))];
            var near = Enumerable.Range(0, SourceHarness.Items).OrderByDescending(item => Cosine(Scaled(item), query)).Take(5).ToArray();
            var found = harness.Gather("me").Select(item => int.Parse(item.Item[1..], null)).ToArray();

            // Vectors are of bytes: what the oracle ranks by less than that may change places.
            Assert.Equal(5, found.Length);
            Assert.All(found, item => Assert.True(Cosine(Scaled(item), query) > Cosine(Scaled(near[^1]), query) - 0.02));
        },
        iter: 100, threads: 1);

    [Theory]
    [InlineData("shown")]
    [InlineData("looked")]
    public void New_items_that_a_ranking_passes_over_make_room_for_those_that_it_shows(string trials)
    {
        var harness = new SourceHarness(SourceHarness.Of(new CandidateSource(CandidateSourceKind.New, 2, 5.5 * Hour) { Feature = trials }));
        var proposed = new HashSet<string>();
        int shown = 0;
        for (int round = 0; round < 40; round++)
        {
            string[] found = [.. harness.Gather().Select(one => one.Item)];
            proposed.UnionWith(found);
            if (!found.Contains("i4")) continue;
            harness.Event("u", 4, "impression");
            shown++;
        }

        Assert.Equal(["i0", "i1", "i2", "i3", "i4"], proposed.Order(StringComparer.Ordinal));
        Assert.Equal(1, shown);
    }

    [Fact]
    public void New_items_come_by_fewest_trials_so_that_none_starves()
    {
        var harness = new SourceHarness(SourceHarness.Of(new CandidateSource(CandidateSourceKind.New, 2, 5.5 * Hour) { Feature = "shown" }));
        var shown = new HashSet<string>();
        for (int round = 0; round < 5; round++)
        {
            foreach (var (item, _) in harness.Gather())
            {
                shown.Add(item);
                harness.Event("u", int.Parse(item[1..], null), "impression");
            }
        }

        // Five items are younger than five and a half hours.
        Assert.Equal(["i0", "i1", "i2", "i3", "i4"], shown.Order(StringComparer.Ordinal));
    }

    private static SourceHarness Filled((int User, int Item, int Ago, int Country)[] history, CandidateSource source)
    {
        var harness = new SourceHarness(SourceHarness.Of(source));
        foreach (var (user, item, ago, country) in Newest(history)) harness.Event($"u{user}", item, ago: TimeSpan.FromSeconds(ago), segment: $"c{country}");
        return harness;
    }

    /// <summary>Oldest first, each a second of its own apart, so that what was last is known.</summary>
    private static IEnumerable<(int User, int Item, int Ago, int Country)> Newest((int User, int Item, int Ago, int Country)[] history) =>
        history.Select((click, i) => click with { Ago = history.Length - i });

    /// <summary>What a user clicked, newest first, each once.</summary>
    private static IEnumerable<int> Run((int User, int Item, int Ago, int Country)[] history, int user) =>
        history.Where(click => click.User == user).Select(click => click.Item).Reverse().Distinct();

    private static Dictionary<int, double> Scores((int User, int Item, int Ago, int Country)[] history, IEnumerable<int> of, double fade)
    {
        var pairs = new Dictionary<(int From, int To), int>();
        foreach (var user in history.Select(click => click.User).Distinct())
        {
            var run = new List<int>();
            foreach (var (_, item, _, _) in history.Where(click => click.User == user))
            {
                if (!run.Contains(item))
                {
                    foreach (int before in Enumerable.Reverse(run).Take(3))
                    {
                        pairs[(before, item)] = pairs.GetValueOrDefault((before, item)) + 1;
                        pairs[(item, before)] = pairs.GetValueOrDefault((item, before)) + 1;
                    }
                }

                run.Remove(item);
                run.Add(item);
            }
        }

        var scores = new Dictionary<int, double>();
        double weight = 1;
        foreach (int from in of)
        {
            double total = pairs.Where(pair => pair.Key.From == from).Sum(pair => pair.Value) + 2;
            foreach (var ((_, to), count) in pairs.Where(pair => pair.Key.From == from)) scores[to] = scores.GetValueOrDefault(to) + (count * (weight / total));
            weight *= fade;
        }

        return scores;
    }

    private static IEnumerable<string> Best(Dictionary<int, double> scores, int take) =>
        scores.OrderByDescending(score => score.Value).ThenBy(score => $"i{score.Key}", StringComparer.Ordinal).Take(take).Select(score => $"i{score.Key}");

    private static double[] Scaled(int item)
    {
        float[] vector = SourceHarness.Embedding(item);
        double most = vector.Max(Math.Abs);
        return [.. vector.Select(value => Math.Round(value * 127 / most))];
    }

    private static double Cosine(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum() / Math.Sqrt(x.Sum(a => a * a) * y.Sum(b => b * b));
}
