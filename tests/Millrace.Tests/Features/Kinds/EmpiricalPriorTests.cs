using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features.Kinds;

public sealed class EmpiricalPriorTests
{
    private static readonly RateFeature Rate = new("ctr", "click", "impression", TimeSpan.FromDays(1)) { Prior = RatePrior.Fitted };

    /// <summary>Rates of a known beta distribution: 400 quantiles of Beta(2, 6) by bisection of its polynomial, each shown 200 times.</summary>
    [Fact]
    public void A_known_prior_is_found()
    {
        const int Items = 400;
        var history = new History();
        var run = new KindRun(FeatureSet.Create([Rate with { Window = TimeSpan.FromDays(90) }]));
        for (var item = 0; item < Items; item++)
        {
            var clicks = (int)Math.Round(200 * Quantile((item + 0.5) / Items));
            run.Take(history.Put($"i{item}"));
            run.Take(Enumerable.Range(0, clicks).Select(_ => history.Event("click", $"i{item}")));
            run.Take(Enumerable.Range(0, 200).Select(_ => history.Event("impression", $"i{item}")));
        }

        var fit = Assert.Single(EmpiricalPrior.Fit(run.Folder.Freeze(history.Now)));
        Assert.Equal(1, fit.Version);
        Assert.InRange(fit.AlphaMicros / 1e6, 1.8, 2.3);
        Assert.InRange(fit.BetaMicros / 1e6, 5.4, 6.9);
    }

    [Fact]
    public void A_fitted_prior_is_taken_by_its_state_and_an_older_one_is_not()
    {
        var history = new History();
        var run = new KindRun(FeatureSet.Create([Rate])).Take(history.Put("a"), history.Event("impression", "a"), history.Event("click", "a"));
        float Value() => run.Read(run.Folder.Freeze(default), ["a"], history.Now, new Asker(null, null))["a"]["ctr"];
        Assert.Equal(1, Value());
        run.Take(Prior(0, 2, 1, 3));
        Assert.Equal(2f / 5, Value(), 1e-6);
        run.Take(Prior(1, 1, 100, 100), Prior(2, 3, 7, 8) with { Fact = new PriorFitted { Id = "x", State = "another", Version = 9, AlphaMicros = 1, BetaMicros = 1 } });
        Assert.Equal(2f / 5, Value(), 1e-6);
    }

    [Fact]
    public void Items_that_differ_by_chance_only_make_a_strong_prior_and_none_at_all_makes_none()
    {
        var history = new History();
        var run = new KindRun(FeatureSet.Create([Rate])).Take(history.Put("a"), history.Put("b"));
        Assert.Empty(EmpiricalPrior.Fit(run.Folder.Freeze(default)));
        foreach (var item in new[] { "a", "b" })
        {
            run.Take(history.Event("impression", item), history.Event("impression", item), history.Event("click", item));
        }

        var fit = Assert.Single(EmpiricalPrior.Fit(run.Folder.Freeze(default)));
        Assert.Equal((500_000_000_000, 500_000_000_000), (fit.AlphaMicros, fit.BetaMicros));
    }

    private static StoredFact Prior(long offset, int version, int alpha, int beta) => new(
        new Position(JournalStream.Control, 0, offset),
        new PriorFitted { Id = "p", State = Rate.PriorState.ToString(), Version = version, AlphaMicros = alpha * 1_000_000, BetaMicros = beta * 1_000_000 });

    /// <summary>Beta(2, 6) has the distribution function 1 − (1 − x)^6·(1 + 6x).</summary>
    private static double Quantile(double share)
    {
        var (low, high) = (0.0, 1.0);
        for (var step = 0; step < 60; step++)
        {
            var middle = (low + high) / 2;
            (low, high) = 1 - (Math.Pow(1 - middle, 6) * (1 + (6 * middle))) < share ? (middle, high) : (low, middle);
        }

        return low;
    }
}
