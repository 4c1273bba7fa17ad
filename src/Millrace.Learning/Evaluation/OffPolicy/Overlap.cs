using System.Collections.Immutable;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>How much a log knows of a policy.</summary>
/// <param name="Decisions">That were looked at.</param>
/// <param name="Effective">How many of the policy's own would tell as much.</param>
/// <param name="MaxWeight">The greatest weight of one.</param>
/// <param name="MeanWeight">1 up to chance, where the log covers the policy and its propensities are right.</param>
/// <param name="MeanError">The standard error of <paramref name="MeanWeight"/>.</param>
/// <param name="Covered">The share of what the policy would do that could have been logged.</param>
/// <param name="Persons">Whose decisions they are; counted up to 1,000.</param>
/// <param name="Outcomes">Decisions with an outcome and a weight.</param>
internal sealed record Overlap(long Decisions, double Effective, double MaxWeight, double MeanWeight, double MeanError, double Covered, int Persons, long Outcomes)
{
    /// <summary>The share of the log that could not be used though it should have been: who is left out is not left out by chance.</summary>
    public double LeftOut { get; init; }

    public static Overlap Of(WeightSums weights, double? covered = null) =>
        new(weights.Count, weights.Effective, weights.Greatest, weights.Mean, weights.Error, covered ?? weights.Covered, weights.Persons, weights.Outcomes);

    /// <summary>Why nothing follows from the log; empty when something does.</summary>
    public ImmutableArray<NotEvaluableReason> Lacking(OverlapBounds bounds)
    {
        if (Decisions == 0)
        {
            return [NotEvaluableReason.NothingLogged];
        }

        var lacking = ImmutableArray.CreateBuilder<NotEvaluableReason>();
        if (!(Effective >= bounds.LeastEffective))
        {
            lacking.Add(NotEvaluableReason.TooFewEffective);
        }

        var allowed = Math.Min(bounds.MostOff, Math.Max(bounds.AlwaysOff, bounds.ErrorsOff * MeanError));
        if (!(Math.Abs(MeanWeight - 1) <= allowed))
        {
            lacking.Add(NotEvaluableReason.WeightsOff);
        }

        if (!(Covered >= bounds.LeastCovered))
        {
            lacking.Add(NotEvaluableReason.NotCovered);
        }

        if (Persons < bounds.LeastPersons)
        {
            lacking.Add(NotEvaluableReason.TooFewPersons);
        }

        if (Outcomes < bounds.LeastOutcomes)
        {
            lacking.Add(NotEvaluableReason.TooFewOutcomes);
        }

        if (LeftOut > bounds.MostLeftOut)
        {
            lacking.Add(NotEvaluableReason.LeftOut);
        }

        return lacking.ToImmutable();
    }
}

/// <summary>From where on a log is said to know a policy. The mean weight may be off by its chance, yet never by more than <see cref="MostOff"/>.</summary>
internal sealed record OverlapBounds
{
    /// <summary>Below about 100 intervals are too narrow (record 0031).</summary>
    public double LeastEffective { get; init; } = 100;

    /// <summary>What is not covered is missing from the value, at most by so much.</summary>
    public double LeastCovered { get; init; } = 0.95;

    /// <summary>So many standard errors are chance.</summary>
    public double ErrorsOff { get; init; } = 4;

    /// <summary>So much is never held against a log, however small the error.</summary>
    public double AlwaysOff { get; init; } = 0.02;

    public double MostOff { get; init; } = 0.25;

    /// <summary>Draws are by person: of a handful of them an interval says next to nothing, of one nothing.</summary>
    public int LeastPersons { get; init; } = 20;

    /// <summary>Without an outcome that counts, every replicate is 0, and so would be the interval.</summary>
    public int LeastOutcomes { get; init; } = 10;

    /// <summary>More than this may not be left out for being unreadable, dropped or not reproduced.</summary>
    public double MostLeftOut { get; init; } = 0.01;
}
