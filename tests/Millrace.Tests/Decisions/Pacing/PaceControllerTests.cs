using Millrace.Decisions.Pacing;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Pacing;

/// <summary>A controller before a crowd of items with random utilities: ten places of forty, a quarter of the items the provider's, worth less by a handicap.</summary>
public sealed class PaceControllerTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static TheoryData<double?, double?, double, double> Held => new()
    {
        // floor, ceiling, handicap in spreads, scale of utilities
        { 0.2, null, 0.3, 1 },
        { 0.2, null, 0.3, 1000 },
        { 0.2, null, 0.3, 1e-6 },
        { 0.05, null, 0.5, 1 },
        { 0.4, null, 0.2, 1 },
        { null, 0.1, -0.3, 1 },
        { null, 0.1, -0.3, 50 },
        { 0.2, 0.22, 0.3, 1 },
        { 0.2, 0.22, -0.3, 1 },
    };

    [Theory]
    [MemberData(nameof(Held))]
    public void A_share_that_needs_help_is_held_whatever_the_scale(double? least, double? most, double handicap, double scale)
    {
        var crowd = new Crowd(new Pace("provider", "p", least, most, Hour), scale);
        crowd.Show(4 * 3600, handicap);
        double[] hours = [.. Enumerable.Range(0, 6).Select(_ => crowd.Show(3600, handicap))];
        Assert.All(hours, share => Assert.InRange(share, (least ?? 0) * 0.93, most is { } ceiling ? ceiling * 1.07 : 1));
        if (least is { } floor && most is null) Assert.All(hours, share => Assert.InRange(share, 0, floor * 1.07));
    }

    [Fact]
    public void A_share_that_is_met_by_itself_costs_nothing()
    {
        var crowd = new Crowd(new Pace("provider", "p", 0.1, 0.5, Hour), 1);
        crowd.Show(3600, 0);
        double share = crowd.Show(3600, 0);
        Assert.InRange(share, 0.2, 0.3);
        Assert.InRange(crowd.Controller.Bonus, -0.02, 0.02);
    }

    [Fact]
    public void When_the_need_goes_the_bonus_goes_within_a_few_periods()
    {
        var crowd = new Crowd(new Pace("provider", "p", 0.2, null, Hour), 1);
        crowd.Show(5 * 3600, 0.4);
        Assert.True(crowd.Controller.Bonus > 0.1);
        crowd.Show(6 * 3600, -0.2);
        Assert.Equal(0, crowd.Controller.Bonus);
    }

    [Fact]
    public void What_cannot_be_met_does_not_wind_up()
    {
        // The provider has nothing for ten hours; then it has, and the floor is held again without a flood of it.
        var crowd = new Crowd(new Pace("provider", "p", 0.2, null, Hour), 1);
        crowd.Show(10 * 3600, double.PositiveInfinity);
        Assert.InRange(crowd.Controller.Bonus, 0.1, PaceController.MostSpreads);
        crowd.Show(3 * 3600, 0.3);
        Assert.InRange(crowd.Show(3600, 0.3), 0.185, 0.215);
    }

    [Fact]
    public void Nothing_placed_teaches_nothing_and_time_that_goes_back_is_now()
    {
        var controller = new PaceController(new Pace("provider", "p", 0.2, null, Hour));
        controller.Observe(0, 0, 1, new UnixMicros(1));
        Assert.Equal((0, 0), (controller.Bonus, controller.Share));
        controller.Observe(10, 1, 1, new UnixMicros(1_000_000));
        double bonus = controller.Bonus;
        Assert.True(bonus > 0);
        controller.Observe(10, 3, 1, new UnixMicros(0));
        Assert.Equal(0.2, controller.Share);
        Assert.True(controller.Bonus < bonus);
        controller.Observe(10, 1, double.NaN, new UnixMicros(2_000_000));
        Assert.True(double.IsFinite(controller.Bonus));
    }

    private sealed class Crowd(Pace pace, double scale)
    {
        private const int Items = 40;
        private const int Places = 10;

        private ulong _draws;
        private long _seconds;

        internal PaceController Controller { get; } = new(pace);

        /// <summary>One slate a second.</summary>
        /// <returns>The provider's share of the places.</returns>
        internal double Show(int slates, double handicap)
        {
            long ours = 0;
            var (utilities, isOurs) = (new double[Items], new bool[Items]);
            for (int slate = 0; slate < slates; slate++)
            {
                double bonus = Controller.Bonus;
                for (int i = 0; i < Items; i++)
                {
                    bool provider = i % 4 == 0;
                    double utility = scale * (Philox.ToUnit(Philox.Draw(7, 0, _draws++).First) - (provider ? handicap : 0));
                    (utilities[i], isOurs[i]) = (-(utility + (provider ? bonus : 0)), provider);
                }

                Array.Sort(utilities, isOurs);
                int taken = isOurs.Take(Places).Count(mine => mine);
                ours += taken;
                Controller.Observe(Places, taken, utilities[(2 * Places) - 1] - utilities[0], new UnixMicros(++_seconds * UnixMicros.PerSecond));
            }

            return ours / (double)(slates * Places);
        }
    }
}
