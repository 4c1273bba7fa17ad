using CsCheck;
using Millrace.World;
using Millrace.World.Audience;
using Millrace.World.Clicks;
using Millrace.World.Items;

namespace Millrace.Tests.World;

public sealed class SyntheticWorldTests
{
    private static readonly WorldOptions _small = new()
    {
        Seed = 11,
        Items = new ItemOptions { Live = 60, Lifetime = TimeSpan.FromHours(2), HalfLife = TimeSpan.FromHours(1) },
        Audience = new AudienceOptions { Users = 200, ViewsPerSecond = 1 },
    };

    public static TheoryData<string> Models => [.. ClickModels.All.Select(model => model.Name)];

    [Fact]
    public void One_seed_gives_one_stream_of_events_to_the_bit()
    {
        Assert.Equal(Stream(_small), Stream(_small));
        Assert.NotEqual(Stream(_small), Stream(_small with { Seed = 12 }));
    }

    [Fact]
    public void The_stream_is_the_one_that_was_first_written_down()
    {
        // Golden: a world that changes silently would make results of two releases incomparable. Arrivals are left out: they use the
        // platform's logarithm, whose last bit may differ.
        var world = new SyntheticWorld(_small);
        var visit = world.Population.Visits().First();
        Assert.Equal("user-000042 6 1 -71792700510 4", $"{visit.User.Id} {visit.Intent} {visit.Views} {world.Items[0].Born.Ticks} {world.Items[0].Topic}");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_oracle_is_worth_at_least_any_slate_and_has_no_regret(string model)
    {
        var world = new SyntheticWorld(_small with { ClickModel = ClickModels.Named(model) });
        foreach (var visit in world.Population.Visits().Take(200))
        {
            var shown = RandomSlate(world, visit);
            var value = world.Appraise(visit, 0, visit.Arrives, shown);
            Assert.True(value.Regret >= -1e-12);
            Assert.True(value.Oracle >= value.Random - 1e-12);
            Assert.Equal(0, world.Appraise(visit, 0, visit.Arrives, world.OracleSlate(visit, visit.Arrives)).Regret);
        }
    }

    [Fact]
    public void The_random_baseline_is_unbiased()
    {
        // Under the position-based model the random policy's truth is known: mean attraction times the sum of examinations.
        var world = new SyntheticWorld(_small);
        var model = (PositionBasedModel)world.Options.ClickModel;
        var examined = Enumerable.Range(0, world.Options.Audience.SlateSize).Sum(model.Examination);
        var (drawn, exact) = (0.0, 0.0);
        foreach (var visit in world.Population.Visits().Take(4000))
        {
            drawn += world.Appraise(visit, 0, visit.Arrives, []).Random;
            exact += examined * world.Items.LiveAt(visit.Arrives).Average(item => world.AppealOf(visit, item, visit.Arrives).Attraction);
        }

        Assert.Equal(1, drawn / exact, tolerance: 0.03);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Realised_clicks_match_the_expected_clicks(string model)
    {
        var world = new SyntheticWorld(_small with { ClickModel = ClickModels.Named(model) });
        var (expected, realised) = (0.0, 0);
        foreach (var visit in world.Population.Visits().Take(5000))
        {
            var slate = world.OracleSlate(visit, visit.Arrives);
            expected += world.Appraise(visit, 0, visit.Arrives, slate).Expected;
            realised += Clicks(world, visit, slate, TimeSpan.Zero);
        }

        // Clicks of a view vary at most like a Poisson count here: four standard deviations.
        Assert.Equal(expected, realised, tolerance: 4 * Math.Sqrt(expected));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_later_bodies_arrive_the_fewer_clicks_and_the_shorter_stays(string model)
    {
        var world = new SyntheticWorld(_small with { ClickModel = ClickModels.Named(model) });
        int[] waits = [0, 500, 1000, 2000, 4000];
        var clicks = waits.Select(wait => world.Population.Visits().Take(4000).Sum(visit =>
            Clicks(world, visit, world.OracleSlate(visit, visit.Arrives), TimeSpan.FromMilliseconds(wait)))).ToArray();
        Assert.Equal(clicks.OrderDescending(), clicks);
        Assert.True(clicks[^1] < clicks[0] / 4);
    }

    [Fact]
    public void A_body_that_never_comes_is_never_clicked()
    {
        var world = new SyntheticWorld(_small);
        Assert.Equal(0, world.Population.Visits().Take(500).Sum(visit => Clicks(world, visit, world.OracleSlate(visit, visit.Arrives), null)));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_view_is_worth_what_its_late_bodies_left_of_it_and_says_so_before_anything_is_read(string model)
    {
        var world = new SyntheticWorld(_small with { ClickModel = ClickModels.Named(model) });
        var (expected, realised) = (0.0, 0);
        foreach (var visit in world.Population.Visits().Take(4000))
        {
            var slate = world.OracleSlate(visit, visit.Arrives);
            var atOnce = world.Appraise(visit, 0, visit.Arrives, slate);
            var watched = world.Watch(visit, 0, visit.Arrives, slate, [.. slate.Select((_, k) => k % 2 == 0 ? TimeSpan.FromSeconds(1) : (TimeSpan?)null)]);
            Assert.True(watched.Value.Expected < atOnce.Expected && watched.Value.Oracle == atOnce.Oracle);
            expected += watched.Value.Expected;
            realised += watched.Outcomes.Count(outcome => outcome.Clicked);
            Assert.Throws<InvalidOperationException>(() => world.Appraise(visit, 0, visit.Arrives, slate));
        }

        Assert.Equal(expected, realised, tolerance: 4 * Math.Sqrt(expected));
    }

    [Fact]
    public void Patience_falls_strictly_and_is_half_at_the_tolerance()
    {
        var patience = new Patience { Tolerance = TimeSpan.FromMilliseconds(400) };
        var shares = Enumerable.Range(0, 50).Select(step => patience.Share(TimeSpan.FromMilliseconds(step * 40))).ToArray();
        Assert.Equal(1, shares[0]);
        Assert.Equal(0.5, shares[10], tolerance: 1e-12);
        Assert.All(shares.Zip(shares.Skip(1)), pair => Assert.True(pair.First > pair.Second));
    }

    [Fact]
    public void Items_are_born_fade_and_die_while_their_number_stays()
    {
        var world = new SyntheticWorld(_small);
        var visit = world.Population.Visits().First();
        var item = world.Items.LiveAt(TimeSpan.Zero)[^1];
        var fresh = world.AppealOf(visit, item, item.Born).Attraction;
        Assert.Equal(fresh / 2, world.AppealOf(visit, item, item.Born + world.Options.Items.HalfLife).Attraction, tolerance: 1e-12);
        Assert.Equal(0, world.AppealOf(visit, item, item.Dies).Attraction);
        for (var minute = 0; minute < 600; minute++)
        {
            Assert.InRange(world.Items.LiveAt(TimeSpan.FromMinutes(minute)).Count, 58, 62);
        }
    }

    [Fact]
    public void Births_are_told_once_each()
    {
        var items = new SyntheticWorld(_small).Items;
        var told = Enumerable.Range(0, 600).SelectMany(minute => items.BornWithin(TimeSpan.FromMinutes(minute), TimeSpan.FromMinutes(minute + 1)));
        var alive = items.LiveAt(TimeSpan.Zero);
        Assert.Equal(Enumerable.Range(alive[^1].Index + 1, 300), told.Select(item => item.Index));
    }

    [Fact]
    public void Users_of_a_country_share_their_taste_as_far_as_asked()
    {
        var (alone, common) = (TastesOfCountry(0), TastesOfCountry(1));
        Assert.True(alone.Distinct().Count() > 10);
        Assert.Single(common.Distinct());
    }

    [Fact]
    public void What_drifts_moves_evenly_from_one_draw_to_the_next_and_else_nothing_moves()
    {
        var period = TimeSpan.FromMinutes(10);
        var world = new SyntheticWorld(_small with { Drift = period, Audience = _small.Audience with { CountryShare = 1 } });
        var (item, still) = (world.Items[30], new SyntheticWorld(_small));
        var (start, middle, end) = (world.Items.QualityAt(item, TimeSpan.Zero), world.Items.QualityAt(item, period / 2), world.Items.QualityAt(item, period));
        Assert.Equal((start + end) / 2, middle, tolerance: 1e-12);
        Assert.NotEqual(start, end);
        Assert.Equal(item.Quality, start);
        Assert.Equal(still.Items.QualityAt(item, TimeSpan.Zero), still.Items.QualityAt(item, period));
        var (before, between, after) = (world.Population.User(3).Taste, world.Population.User(3, period / 2).Taste, world.Population.User(3, period).Taste);
        Assert.Equal(1, between.Sum(), tolerance: 1e-12);
        Assert.All(before.Zip(after).Zip(between), taste => Assert.Equal((taste.First.First + taste.First.Second) / 2, taste.Second, tolerance: 1e-12));
        Assert.Equal(still.Population.User(3).Taste, still.Population.User(3, period).Taste);
    }

    [Fact]
    public void Planted_items_are_born_after_the_start_and_the_best()
    {
        var world = new SyntheticWorld(_small with { Items = _small.Items with { PlantedEvery = 7 } });
        var planted = Enumerable.Range(0, 200).Where(world.Items.IsPlanted).ToArray();
        Assert.Equal(Enumerable.Range(61, 139).Where(index => index % 7 == 0), planted);
        Assert.All(planted, index => Assert.True(world.Items[index] is { Quality: 1, Born.Ticks: > 0 }));
        Assert.Equal(new SyntheticWorld(_small).Items[63].Satisfaction, world.Items[63].Satisfaction);
    }

    [Fact]
    public void Looking_without_appraising_has_the_same_luck()
    {
        var (watched, looked) = (new SyntheticWorld(_small), new SyntheticWorld(_small));
        foreach (var (one, other) in watched.Population.Visits().Zip(looked.Population.Visits()).Take(100))
        {
            var slate = RandomSlate(watched, one);
            TimeSpan?[] waits = [.. slate.Select(_ => (TimeSpan?)TimeSpan.Zero)];
            Assert.Equal(watched.Watch(one, 0, one.Arrives, slate, waits).Outcomes, looked.Look(other, 0, other.Arrives, slate, waits));
            Assert.Throws<InvalidOperationException>(() => looked.Look(other, 0, other.Arrives, slate, waits));
        }
    }

    [Fact]
    public void The_best_of_many_are_those_that_sorting_finds() => Gen.Int[0, 20].Array[0, 60].Select(Gen.Int[0, 12]).Sample((numbers, count) =>
    {
        Appeal[] items = [.. numbers.Select(number => new Appeal(number / 20.0, 0.5))];
        var sorted = Enumerable.Range(0, items.Length).OrderByDescending(i => numbers[i]).ThenBy(i => i).Take(count);
        Assert.Equal(sorted, new PositionBasedModel().Best(items, count));
    });

    private static string[] TastesOfCountry(double share)
    {
        var population = new SyntheticWorld(_small with { Audience = _small.Audience with { CountryShare = share } }).Population;
        return [.. Enumerable.Range(0, 200).Select(index => population.User(index)).Where(user => user.Country == 0).Select(user => string.Join(' ', user.Taste))];
    }

    [Fact]
    public void Visits_arrive_at_the_rate_asked_for()
    {
        var visits = new SyntheticWorld(_small).Population.Visits().Take(20_000).ToArray();
        Assert.Equal(1, visits.Sum(visit => visit.Views) / visits[^1].Arrives.TotalSeconds, tolerance: 0.05);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        var error = Assert.Throws<ArgumentException>(() => new SyntheticWorld(_small with { Topics = 0 }));
        Assert.Contains("Topics: expected 1 to 1000, got 0", error.Message, StringComparison.Ordinal);
    }

    private static string Stream(WorldOptions options)
    {
        var world = new SyntheticWorld(options);
        return string.Join('\n', world.Population.Visits().Take(200).SelectMany(visit => Enumerable.Range(0, visit.Views).SelectMany(view =>
            world.Watch(visit, view, visit.Arrives, RandomSlate(world, visit), Enumerable.Repeat<TimeSpan?>(TimeSpan.Zero, 8).ToArray()).Outcomes
                .Where(outcome => outcome.Clicked)
                .Select(outcome => $"{visit.User.Id} {view} {outcome.Item.Id} {outcome.Rank} {outcome.Dwell.Ticks}"))));
    }

    private static WorldItem[] RandomSlate(SyntheticWorld world, Visit visit)
    {
        var live = world.Items.LiveAt(visit.Arrives);
        return [.. Enumerable.Range(0, world.Options.Audience.SlateSize).Select(k => live[(visit.Index * 7 + k * 5) % live.Count])];
    }

    private static int Clicks(SyntheticWorld world, Visit visit, IReadOnlyList<WorldItem> slate, TimeSpan? wait) =>
        world.Watch(visit, 0, visit.Arrives, slate, [.. slate.Select(_ => wait)]).Outcomes.Count(outcome => outcome.Clicked);
}
