using Millrace.Learning.Evaluation.Intervals;
using Millrace.Learning.Training.Slices;

namespace Millrace.Learning.Training.Positions;

/// <summary>
/// Examination by intervention harvesting (Agarwal et al. 2019), from what a decision records of its draws. Two neighbouring places that were drawn with conditional propensities p and q count
/// 1 / (p·q): so weighted, every ordered pair of candidates is as frequent, an item stands as often at one rank as at the next, and the ratio of weighted clicks is that of examination. It needs
/// neither a model of relevance nor who the items are. Ratios are chained from rank 1.
/// </summary>
/// <remarks>
/// Any weight s / (p·q) does whose s is the same for both orders of a pair. Where draws follow Luce's axiom, as Plackett and Luce's do, the probability of the other order is known, and s is taken
/// so that no weight is above 1: the same clicks then are worth several times as many.
/// </remarks>
/// <param name="ranks">Up to which rank.</param>
/// <param name="draws">What is known of the draws.</param>
/// <param name="seed">Of the bootstrap.</param>
/// <param name="replicates">Of the bootstrap by persons.</param>
internal sealed class PairHarvest(int ranks, PairDraws draws, ulong seed = 1, int replicates = 200)
{
    /// <summary>A pair of ranks whose clicks are worth fewer than this follows the discount.</summary>
    internal const double LeastSupport = 400;

    // By pair, by replicate: weighted clicks at the upper and the lower rank. Place 0 is the data itself.
    private readonly double[][] _upper = [.. Enumerable.Range(0, ranks).Select(_ => new double[replicates + 1])];
    private readonly double[][] _lower = [.. Enumerable.Range(0, ranks).Select(_ => new double[replicates + 1])];
    private readonly (double Upper, double Lower)[] _squares = new (double, double)[ranks];
    private readonly ReplicateDraws _draws = new(replicates, seed);
    private (ulong Decision, int Rank, double Propensity, float Label) _above;

    /// <summary>Reads the examples once; those that judge a model tell nothing.</summary>
    internal static async Task<ExaminationCurve> EstimateAsync(IExamples examples, TimeSlices slices, int ranks, PairDraws draws, ulong seed, CancellationToken cancellation)
    {
        var harvest = new PairHarvest(ranks, draws, seed);
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            harvest.Add(batch, slices);
        }

        return harvest.Curve();
    }

    private void Add(ExampleBatch batch, TimeSlices slices)
    {
        for (var row = 0; row < batch.Count; row++)
        {
            var below = (Decision: batch.Decisions.Span[row], Rank: batch.Ranks.Span[row], Propensity: batch.Propensities.Span[row], Label: batch.Labels.Span[row]);
            // What nothing else could have stood in place of tells nothing.
            if (below.Decision == _above.Decision && below.Rank == _above.Rank + 1 && below.Rank <= ranks && _above.Propensity is > 0 and < 1 && below.Propensity is > 0 and <= 1
                && (below.Label > 0 || _above.Label > 0) && slices.Of(batch.Times.Span[row]) == Slice.Train)
            {
                Add(below.Rank - 2, batch.Persons.Span[row], Weight(_above.Propensity, below.Propensity), below.Label > 0);
            }

            _above = below;
        }
    }

    private double Weight(double above, double below)
    {
        var drawn = above * below;
        if (draws == PairDraws.Any) return 1 / drawn;
        var first = below * (1 - above); // By Luce's axiom, of the lower at the upper rank; then of the upper after it.
        var other = first * above / (1 - first);
        return other / (drawn + other);
    }

    private void Add(int pair, ulong person, double weight, bool isLowerClicked)
    {
        _draws.Next(person);
        if (_above.Label > 0)
        {
            _squares[pair].Upper += weight * weight;
            _draws.Add(weight, _upper[pair]);
        }

        if (isLowerClicked)
        {
            _squares[pair].Lower += weight * weight;
            _draws.Add(weight, _lower[pair]);
        }
    }

    private ExaminationCurve Curve()
    {
        var curve = new List<ExaminedRank> { new(1, 1, 1, double.PositiveInfinity) };
        var chain = Enumerable.Repeat(1.0, replicates + 1).ToArray();
        for (var pair = 0; pair < ranks - 1; pair++)
        {
            var above = curve[^1];
            var support = Math.Min(Worth(_upper[pair][0], _squares[pair].Upper), Worth(_lower[pair][0], _squares[pair].Lower));
            if (support < LeastSupport || above.Support == 0)
            {
                curve.Add(new ExaminedRank(above.Probability * ExaminationCurve.Discount(pair + 2) / ExaminationCurve.Discount(pair + 1), double.NaN, double.NaN, 0));
                continue;
            }

            for (var b = 0; b <= replicates; b++)
            {
                chain[b] *= _lower[pair][b] / _upper[pair][b];
            }

            var drawn = chain[1..];
            Array.Sort(drawn);
            curve.Add(new ExaminedRank(chain[0], drawn[(int)(0.025 * replicates)], drawn[(int)(0.975 * replicates)], Math.Min(above.Support, support)));
        }

        return new ExaminationCurve(curve.Exists(rank => rank.Support is > 0 and < double.PositiveInfinity) ? "harvest" : "discount", [.. curve]);
    }

    private static double Worth(double sum, double squares) => squares > 0 ? sum * sum / squares : 0;
}

/// <summary>What is known of how places are drawn.</summary>
internal enum PairDraws
{
    /// <summary>That the propensities are those of the draws.</summary>
    Any,

    /// <summary>That the chances of two candidates stand in one proportion, whatever else can be drawn (Luce 1959).</summary>
    Luce,
}
