using Millrace.Decisions.Pacing;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Pacing;

/// <summary>A controller before a crowd of items with random utilities: ten places of forty, a quarter of the items the provider's, worth less by a handicap that drifts.</summary>
public sealed class PaceControllerTests
{
    private const double Points = 0.02;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // A day's swing with faster ones on it: without pacing the share goes from a tenth to a half.
    private static double Drift(double hour) => (0.5 * Math.Sin(2 * Math.PI * hour / 24)) + (0.3 * Math.Sin(2 * Math.PI * hour / 5)) + (0.3 * Math.Sin((2 * Math.PI * hour / 11) + 1));

    public static TheoryData<double?, double?, double, int> Targets => new()
    {
        // floor, ceiling, scale of utilities, slates an hour
        { 0.2, 0.2, 1, 1200 },
        { 0.2, 0.2, 1000, 600 },
        { 0.2, 0.2, 1e-6, 600 },
        { 0.5, null, 1, 600 },
        { null, 0.05, 1, 600 },
        { 0.2, 0.3, 1, 600 },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_share_is_held_within_two_points_in_each_hour_of_a_day_after_the_first(double? least, double? most, double scale, int slates)
    {
        double[] hours = Day(new Pace("provider", "p", least, most, Hour), scale, slates, sign: 1);
        Assert.All(hours[1..], share => Assert.InRange(share, (least ?? 0) - Points, (most ?? 1) + Points));
    }

    [Fact]
    public void A_controller_whose_sign_is_turned_does_not_pass_for_one()
    {
        double[] hours = Day(new Pace("provider", "p", 0.2, 0.2, Hour), 1, 600, sign: -1);
        Assert.Contains(hours[1..], share => share is < 0.2 - (5 * Points) or > 0.2 + (5 * Points));
        Assert.Contains(Day(new Pace("provider", "p", 0.2, 0.2, Hour), 1, 600, sign: 0)[1..], share => share is < 0.2 - (5 * Points) or > 0.2 + (5 * Points));
    }

    [Fact]
    public void A_share_that_is_met_by_itself_costs_nothing()
    {
        var crowd = new Crowd(new Pace("provider", "p", 0.1, 0.5, Hour), 1, 600);
        crowd.Show(0);
        Assert.InRange(crowd.Show(0), 0.22, 0.28);
        Assert.Equal(0, crowd.Controller.Bonus, 0.03);
    }

    [Fact]
    public void When_the_need_goes_the_bonus_goes_within_two_periods()
    {
        var crowd = new Crowd(new Pace("provider", "p", 0.2, null, Hour), 1, 600);
        for (int hour = 0; hour < 3; hour++) crowd.Show(0.4);
        Assert.True(crowd.Controller.Bonus > 0.1);
        crowd.Show(-0.2);
        crowd.Show(-0.2);
        Assert.Equal(0, crowd.Controller.Bonus, 0.03);
    }

    [Fact]
    public void What_cannot_be_met_does_not_wind_up()
    {
        // The provider has nothing for ten hours; when it has, it is given less than a tenth more of one hour, and then its floor again.
        var crowd = new Crowd(new Pace("provider", "p", 0.2, null, Hour), 1, 600);
        crowd.Show(0.3);
        for (int hour = 0; hour < 10; hour++) Assert.Equal(0, crowd.Show(null));
        Assert.InRange(crowd.Show(0.3), 0.2, 0.3);
        Assert.InRange(crowd.Show(0.3), 0.2 - Points, 0.2 + Points);
    }

    [Fact]
    public void Requests_without_candidates_are_made_up_for_by_those_that_have_some()
    {
        var crowd = new Crowd(new Pace("provider", "p", 0.2, null, Hour), 1, 600) { Able = 0.5 };
        crowd.Show(0.3);
        for (int hour = 0; hour < 4; hour++) Assert.InRange(crowd.Show(0.3), 0.2 - Points, 0.2 + Points);
    }

    [Fact]
    public void Utilities_that_are_all_the_same_need_no_bonus_to_have_one()
    {
        // No spread, no unit: the bonus stays 0 rather than become anything.
        var controller = new PaceController(new Pace("provider", "p", 0.2, null, Hour));
        for (int i = 1; i < 100; i++) controller.Observe(new PacedPlaces(10, 0, 0, 5), 0, new UnixMicros(i));
        Assert.Equal((0, 0), (controller.Bonus, controller.Share));
    }

    [Fact]
    public void Nothing_placed_teaches_nothing_and_time_that_goes_back_is_now()
    {
        var controller = new PaceController(new Pace("provider", "p", 0.2, null, Hour));
        controller.Observe(new PacedPlaces(0, 0, 0, 0), 1, new UnixMicros(1));
        Assert.Equal((0, null), (controller.Bonus, controller.Share));
        controller.Observe(new PacedPlaces(10, 1, 0, 5), 1, new UnixMicros(1_000_000));
        double bonus = controller.Bonus;
        Assert.True(bonus > 0);
        controller.Observe(new PacedPlaces(10, 3, 0, 5), 1, new UnixMicros(0));
        Assert.Equal(0.2, controller.Share);
        Assert.True(controller.Bonus < bonus);
        controller.Observe(new PacedPlaces(10, 1, 0, 5), double.NaN, new UnixMicros(2_000_000));
        Assert.True(double.IsFinite(controller.Bonus));
    }

    [Fact]
    public void A_changed_target_goes_on_from_what_was_learnt()
    {
        var before = new SurfacePacing([new Pace("provider", "p", 0.2, null, Hour)], null, new UnixMicros(0));
        for (int i = 1; i < 100; i++) before.Observe([new PacedPlaces(10, 1, 0, 5)], 1, new UnixMicros(i));
        var after = new SurfacePacing([new Pace("kind", "k", 0.2, null, Hour), new Pace("provider", "p", 0.3, null, Hour)], before, new UnixMicros(0));
        double[] bonuses = [0, 0, 0];
        before.Read(bonuses.AsSpan(2));
        after.Read(bonuses);
        Assert.True(bonuses[2] > 0);
        Assert.Equal([0, bonuses[2]], bonuses[..2]);
    }

    [Fact]
    public void At_its_bound_a_table_forgets_who_was_not_heard_of_for_longest()
    {
        var table = new PacingTable(most: 2);
        Policy policy = DecisionHarness.Home with { Pacing = [new Pace("provider", "p", 0.2, null, Hour)] };
        SurfacePacing first = table.Of("t", "a", policy, new UnixMicros(0));
        SurfacePacing second = table.Of("t", "b", policy, new UnixMicros(0));
        first.Observe([new PacedPlaces(10, 1, 0, 5)], 1, new UnixMicros(2));
        second.Observe([new PacedPlaces(10, 1, 0, 5)], 1, new UnixMicros(1));
        Assert.Same(first, table.Of("t", "a", policy with { Version = 9 }, new UnixMicros(2)));
        table.Of("other", "b", policy, new UnixMicros(3));
        Assert.Equal(1, table.Forgotten);
        Assert.Same(first, table.Of("t", "a", policy, new UnixMicros(3)));
        Assert.Equal(["a", "b"], table.Readings().Select(reading => reading.Surface.Surface).Order());
        Assert.NotSame(second, table.Of("t", "b", policy, new UnixMicros(3)));
    }

    [Fact]
    public void At_its_bound_a_table_does_not_forget_whom_it_has_just_made()
    {
        var table = new PacingTable(most: 2);
        Policy policy = DecisionHarness.Home with { Pacing = [new Pace("provider", "p", 0.2, null, Hour)] };
        table.Of("t", "a", policy, new UnixMicros(1)).Observe([new PacedPlaces(10, 1, 0, 5)], 1, new UnixMicros(2));
        SurfacePacing made = table.Of("t", "b", policy, new UnixMicros(3));
        table.Of("t", "c", policy, new UnixMicros(4));
        Assert.Equal(["b", "c"], table.Readings().Select(reading => reading.Surface.Surface).Order());
        Assert.Same(made, table.Of("t", "b", policy, new UnixMicros(5)));
    }

    [Fact]
    public void A_floor_that_the_slates_rules_never_admit_lifts_to_what_they_do_and_no_further()
    {
        var controller = new PaceController(new Pace("provider", "p", 0.3, null, Hour));
        controller.Observe(new PacedPlaces(10, 0, 0, 1), 1, new UnixMicros(0));
        double lifted = controller.Bonus;
        Assert.True(lifted > 0);
        for (int i = 1; i < 1000; i++) controller.Observe(new PacedPlaces(10, 1, 0, 1), 1, new UnixMicros(i));
        Assert.Equal(lifted, controller.Bonus, 1e-9);
        controller = new PaceController(new Pace("provider", "p", null, 0.1, Hour));
        for (int i = 0; i < 1000; i++) controller.Observe(new PacedPlaces(10, 4, 4, 10), 1, new UnixMicros(i));
        Assert.Equal(0, controller.Bonus);
    }

    private static double[] Day(Pace pace, double scale, int slates, int sign)
    {
        var crowd = new Crowd(pace, scale, slates) { Sign = sign };
        return [.. Enumerable.Range(0, 24).Select(_ => crowd.Show())];
    }

    private sealed class Crowd(Pace pace, double scale, int slates)
    {
        private const int Items = 40;
        private const int Places = 10;

        private ulong _draws;
        private int _shown;

        internal PaceController Controller { get; } = new(pace);

        /// <summary>What the bonus is multiplied by: a planted fault turns it.</summary>
        internal int Sign { get; init; } = 1;

        /// <summary>The share of requests in which the provider has candidates.</summary>
        internal double Able { get; init; } = 1;

        internal double Show() => Show(static (_, hour) => Drift(hour));

        /// <param name="handicap">In spreads about; null for no candidates of the provider.</param>
        internal double Show(double? handicap) => Show((_, _) => handicap);

        /// <summary>Shows an hour of slates; the provider's share of the places.</summary>
        private double Show(Func<int, double, double?> handicap)
        {
            long ours = 0;
            var (utilities, plain, isOurs) = (new double[Items], new double[Items], new bool[Items]);
            for (int slate = 0; slate < slates; slate++)
            {
                _shown++;
                double? less = Unit() < Able ? handicap(slate, _shown / (double)slates) : null;
                double bonus = Sign * Controller.Bonus;
                for (int i = 0; i < Items; i++)
                {
                    // The sum of four has the bell that scores have.
                    plain[i] = scale * ((Unit() + Unit() + Unit() + Unit() - 2) * 1.7);
                    isOurs[i] = i % 4 == 0 && less is not null;
                    if (isOurs[i]) plain[i] -= scale * less!.Value;
                    utilities[i] = -(plain[i] + (isOurs[i] ? bonus : 0));
                }

                Array.Sort(utilities, isOurs);
                int taken = isOurs.Take(Places).Count(mine => mine);
                int able = isOurs.Count(mine => mine);
                ours += taken;
                double mean = plain.Average();
                var placed = new PacedPlaces(Places, taken, Math.Max(0, Places - (Items - able)), Math.Min(Places, able));
                Controller.Observe(placed, plain.Average(one => Math.Abs(one - mean)), new UnixMicros(_shown * (3600L * UnixMicros.PerSecond / slates)));
            }

            return ours / (double)(slates * Places);
        }

        private double Unit() => Philox.ToUnit(Philox.Draw(7, 0, _draws++).First);
    }
}
