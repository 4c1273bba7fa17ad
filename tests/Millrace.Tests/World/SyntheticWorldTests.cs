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
