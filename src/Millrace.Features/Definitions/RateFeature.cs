using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How many of one event there are per one of another, drawn towards a prior as long as there are few: <c>{name, entity: item, rate: {of: click, per: impression}, window: 1d}</c>.
/// (of + strength·mean) / (per + strength), the mean of a beta distribution.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Of">The event above the line: click.</param>
/// <param name="Per">The event below it: impression.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a sixtieth.</param>
public sealed record RateFeature(string Name, string Of, string Per, TimeSpan Window) : FeatureDefinition(Name)
{
    /// <summary>How many events below the line the prior is worth, 0 to 1,000,000; a fitted prior brings its own.</summary>
    public double Strength { get; init; } = 20;

    /// <summary>Where the prior's mean comes from.</summary>
    public RatePrior Prior { get; init; }

    /// <summary>What an event below the line weighs by the rank at which it was shown; null takes one for one.</summary>
    public ExaminationCurve? Examination { get; init; }

    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override (FeatureEntity Of, string Event)? Dated => (FeatureEntity.Item, Per);

    /// <summary>The fitted prior; its text is the name under which it is recorded.</summary>
    internal PriorKey PriorState => new(Of, Per, Window, Examination);

    internal WindowedSumsKey OfState => new(Of, Window);

    internal WindowedSumsKey PerState => new(Per, Window, Curve: Examination);

    internal override ImmutableArray<StateKey> States => Prior == RatePrior.Fitted ? [OfState, PerState, PriorState] : [OfState, PerState];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Of)
        .Concat(DefinitionFaults.Event(Per))
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(DefinitionFaults.Between("strength", Strength, 0, 1_000_000))
        .Concat(Of == Per ? [$"rate: expected two events; got '{Of}' per '{Per}'"] : [])
        .Concat(Examination?.Faults() ?? []);

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var (of, per) = (read.State<WindowedSums.Frozen>(0), read.State<WindowedSums.Frozen>(1));
        double unit = Examination is null ? 1 : ExaminationCurve.One;
        var (alpha, beta) = PriorOf(read, (long)of.Total, (double)per.Total / unit);

        var counts = read.Column(of.CountAt);
        if (Examination is null)
        {
            var all = read.Column(per.CountAt);
            for (var i = 0; i < column.Length; i += Lanes.Count)
            {
                Lanes.Store(
                    Rate(Lanes.Doubles(counts, i), Lanes.Doubles(all, i), alpha, beta),
                    Rate(Lanes.Doubles(counts, i + 4), Lanes.Doubles(all, i + 4), alpha, beta),
                    column,
                    i);
            }
        }
        else
        {
            // The unit is a power of two: multiplying by its inverse gives the bits of dividing, for a fraction of the price.
            var sums = read.Longs(per.SumAt);
            var part = Vector256.Create(1 / unit);
            for (var i = 0; i < column.Length; i += Lanes.Count)
            {
                Lanes.Store(
                    Rate(Lanes.Doubles(counts, i), Vector256.ConvertToDouble(sums.Load(i)) * part, alpha, beta),
                    Rate(Lanes.Doubles(counts, i + 4), Vector256.ConvertToDouble(sums.Load(i + 4)) * part, alpha, beta),
                    column,
                    i);
            }
        }

        read.Blank(column);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Rate(Vector256<double> of, Vector256<double> per, double alpha, double beta)
    {
        var below = per + Vector256.Create(alpha) + Vector256.Create(beta);
        return Lanes.Where(Vector256.GreaterThan(below, Vector256<double>.Zero), (of + Vector256.Create(alpha)) / below);
    }

    private (double Alpha, double Beta) PriorOf(in FeatureRead read, long of, double per)
    {
        if (Prior == RatePrior.Fitted && read.State<FittedPrior.Frozen>(2) is { Version: > 0 } fitted)
        {
            return (fitted.AlphaMicros / 1e6, fitted.BetaMicros / 1e6);
        }

        var mean = per > 0 ? Math.Min(1, of / per) : 0;
        return (Strength * mean, Strength * (1 - mean));
    }
}

/// <summary>Where the prior of a rate comes from.</summary>
public enum RatePrior
{
    /// <summary>The rate of all items together within the same window.</summary>
    Window,

    /// <summary>The last one that was fitted to the items' rates and recorded; <see cref="Window"/> before the first.</summary>
    Fitted,
}
