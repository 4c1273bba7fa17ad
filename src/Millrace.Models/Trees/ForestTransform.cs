using Millrace.Features.Numerics;

namespace Millrace.Models.Trees;

/// <summary>How an objective turns the raw score into what it predicts.</summary>
public enum TransformKind
{
    /// <summary>The raw score itself: regression, ranking.</summary>
    Identity,

    /// <summary>sign(x)·x²: regression on square roots.</summary>
    Square,

    /// <summary>eˣ: Poisson, gamma, Tweedie.</summary>
    Exp,

    /// <summary>1 / (1 + e^−σx), class by class.</summary>
    Sigmoid,

    /// <summary>eˣ over the sum of all classes.</summary>
    Softmax,

    /// <summary>log(1 + eˣ): LightGBM's cross_entropy_lambda.</summary>
    SoftPlus,
}

/// <summary>From a row's raw scores to what the objective predicts, in the operations and order of LightGBM; the same bits on every machine.</summary>
/// <param name="Kind">The function.</param>
/// <param name="Sigma">σ of <see cref="TransformKind.Sigmoid"/>.</param>
public sealed record ForestTransform(TransformKind Kind, double Sigma = 1)
{
    /// <summary>Transforms the scores of one forest in place.</summary>
    /// <param name="scores">Class by class, <paramref name="rows"/> scores each.</param>
    /// <param name="rows">Rows scored.</param>
    public void Apply(Span<double> scores, int rows)
    {
        if (Kind == TransformKind.Softmax)
        {
            for (int row = 0; row < rows; row++) Softmax(scores, rows, row);
            return;
        }

        if (Kind == TransformKind.Identity) return;
        foreach (ref double score in scores)
        {
            score = Kind switch
            {
                TransformKind.Square => Math.Sign(score) * score * score,
                TransformKind.Exp => Deterministic.Exp(score),
                TransformKind.Sigmoid => 1.0 / (1.0 + Deterministic.Exp(-Sigma * score)),
                _ => LogOnePlus(Deterministic.Exp(score)),
            };
        }
    }

    // What 1 + x loses to rounding is given back to first order, so that small x keep their digits.
    private static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return double.IsInfinity(sum) ? sum : Deterministic.Log(sum) + ((x - (sum - 1)) / sum);
    }

    private static void Softmax(Span<double> scores, int rows, int row)
    {
        double most = scores[row];
        for (int at = row + rows; at < scores.Length; at += rows) most = Math.Max(most, scores[at]);
        double sum = 0;
        for (int at = row; at < scores.Length; at += rows)
        {
            scores[at] = Deterministic.Exp(scores[at] - most);
            sum += scores[at];
        }

        for (int at = row; at < scores.Length; at += rows) scores[at] /= sum;
    }
}
