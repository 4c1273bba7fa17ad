using Millrace.Features.Online;
using Millrace.Features.Priors;
using Millrace.Journal.Facts;

namespace Millrace.Features.Definitions;

/// <summary>
/// Fits priors of rates; those in a context by <see cref="ContextPriorFit"/>. The prior of a rate everywhere is fitted to the items' own rates by the method of moments for the beta-binomial distribution: what they differ by, beyond what chance explains, says how
/// much the prior is worth. Sums are whole numbers, so that the order of rows leaves no trace. Source: Kleinman, "Proportions with extraneous variance", JASA 1973.
/// </summary>
public static class EmpiricalPrior
{
    private const int Least = 2;
    private const double WeakestWorth = 1;
    private const double StrongestWorth = 1_000_000;
    private const int PartOfStanding = 100;

    /// <summary>Events below the line are counted in units of 1/65,536, as an <see cref="ExaminationCurve"/> weighs them.</summary>
    private const int UnitBits = 16;

    /// <summary>Squares over events keep as many bits behind the point.</summary>
    private const int FractionBits = 32;

    /// <summary>
    /// The priors of all rates that want one, each to be recorded; none for a rate of which less than two items had events. The caller gives them their ids and tenant.
    /// </summary>
    /// <param name="snapshot">Where the items' rates stand.</param>
    public static IEnumerable<PriorFitted> Fit(FeatureSnapshot snapshot) => Fitted(snapshot).Select(rate => Fit(snapshot, rate))
        .Concat(FittedHere(snapshot).Select(rate => ContextPriorFit.Fit(snapshot, rate)))
        .OfType<PriorFitted>();

    /// <summary>
    /// Those of <see cref="Fit(FeatureSnapshot)"/> of which alpha or beta is more than a part in a hundred off the prior that stands, or that moved by <see cref="ContextPriorFit.HasMoved"/>: less is not
    /// worth a fact.
    /// </summary>
    /// <param name="snapshot">Where the items' rates and the priors stand.</param>
    public static IEnumerable<PriorFitted> Refit(FeatureSnapshot snapshot) => Fitted(snapshot)
        .Select(rate => Fit(snapshot, rate) is { } fit && HasMoved(snapshot.State<FittedPrior.Frozen>(rate.PriorState), fit) ? fit : null)
        .Concat(FittedHere(snapshot).Select(rate =>
            ContextPriorFit.Fit(snapshot, rate) is { } fit && ContextPriorFit.HasMoved(snapshot.State<ContextPrior.Frozen>(rate.PriorState).Table, fit) ? fit : null))
        .OfType<PriorFitted>();

    private static IEnumerable<RateFeature> Fitted(FeatureSnapshot snapshot) =>
        snapshot.Features.Definitions.OfType<RateFeature>().Where(rate => rate.Prior == RatePrior.Fitted).DistinctBy(rate => rate.PriorState);

    private static IEnumerable<ContextRateFeature> FittedHere(FeatureSnapshot snapshot) =>
        snapshot.Features.Definitions.OfType<ContextRateFeature>().Where(rate => rate.Prior == RatePrior.Fitted).DistinctBy(rate => rate.PriorState);

    private static bool HasMoved(FittedPrior.Frozen standing, PriorFitted fit) =>
        standing.Version == 0 || IsFar(standing.AlphaMicros, fit.AlphaMicros) || IsFar(standing.BetaMicros, fit.BetaMicros);

    private static bool IsFar(long standing, long fit) => Math.Abs(fit - standing) > standing / PartOfStanding;

    private static PriorFitted? Fit(FeatureSnapshot snapshot, RateFeature rate)
    {
        if (Moments(snapshot, rate) is not { Items: >= Least } moments || moments.Mean is not (> 0 and < 1))
        {
            return null;
        }

        var worth = Math.Clamp(moments.Worth, WeakestWorth, StrongestWorth);
        return new PriorFitted
        {
            Id = "",
            State = rate.PriorState.ToString(),
            Version = snapshot.State<FittedPrior.Frozen>(rate.PriorState).Version + 1,
            AlphaMicros = Math.Max(1, Micros(worth * moments.Mean)),
            BetaMicros = Math.Max(1, Micros(worth * (1 - moments.Mean))),
        };
    }

    private static BetaMoments Moments(FeatureSnapshot snapshot, RateFeature rate)
    {
        var (of, per) = (snapshot.State<WindowedSums.Frozen>(rate.OfState), snapshot.State<WindowedSums.Frozen>(rate.PerState));
        var shift = rate.Examination is null ? UnitBits : 0;
        var (items, successes, trials, squares, over) = (0, Int128.Zero, Int128.Zero, Int128.Zero, Int128.Zero);
        for (var row = 0; row < snapshot.Rows; row++)
        {
            var cells = snapshot.Cells(row);
            Int128 n = (Int128)per.Sum(cells) << shift;
            if (n == 0 || snapshot.Known(row) is null)
            {
                continue;
            }

            // Clicks whose impressions left the window, or were never told, cannot make a rate above 1.
            var c = Int128.Min((Int128)of.Count(cells) << UnitBits, n);
            items++;
            successes += c;
            trials += n;
            squares += n * n >> UnitBits;
            over += (c * c << (FractionBits - UnitBits)) / n;
        }

        const double One = 1 << UnitBits;
        return new BetaMoments(items, (double)successes / One, (double)trials / One, (double)squares / One, (double)over / (1L << FractionBits));
    }

    private static long Micros(double value) => (long)Math.Floor((value * 1e6) + 0.5);

    /// <param name="Items">How many have trials.</param>
    /// <param name="Successes">Of all.</param>
    /// <param name="Trials">Of all.</param>
    /// <param name="Squares">The sum of squared trials.</param>
    /// <param name="Over">The sum of successes squared over trials.</param>
    private readonly record struct BetaMoments(int Items, double Successes, double Trials, double Squares, double Over)
    {
        internal double Mean => Trials > 0 ? Successes / Trials : 0;

        /// <summary>Alpha + beta; infinite when the items differ by no more than chance.</summary>
        internal double Worth
        {
            get
            {
                var spread = (Over - (Trials * Mean * Mean)) / (Mean * (1 - Mean));
                var correlation = (spread - (Items - 1)) / (Trials - (Squares / Trials) - (Items - 1));
                return correlation > 0 ? (1 / correlation) - 1 : double.PositiveInfinity;
            }
        }
    }
}
