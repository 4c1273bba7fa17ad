namespace Millrace.Learning.Training.Factorisation;

/// <summary>How factors are fitted. Defaults are those that the validation part of MovieLens 100K chose: docs/results/ranking.md.</summary>
internal sealed record ImplicitFactorsOptions
{
    public int Dimensions { get; init; } = 32;

    /// <summary>How much a pair that was not seen counts beside one that was.</summary>
    public double Unobserved { get; init; } = 0.3;

    /// <summary>λ of every factor.</summary>
    public double Regularisation { get; init; } = 0.01;

    /// <summary>The power ν of the frequency by which λ grows: 0 alike for all, 1 as the loss grows.</summary>
    public double FrequencyScale { get; init; } = 1;

    public int Sweeps { get; init; } = 16;

    /// <summary>Standard deviation of the first factors' products.</summary>
    public double InitialScale { get; init; } = 0.1;

    public ulong Seed { get; init; } = 1;

    /// <summary>Threads; the factors do not depend on it by a bit.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
