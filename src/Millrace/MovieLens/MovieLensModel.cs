using System.Globalization;
using Millrace.Learning.Training.Factorisation;

namespace Millrace.MovieLens;

/// <summary>Something that scores items for a user, with the hyper-parameters that it may choose among.</summary>
/// <param name="Name">In reports.</param>
/// <param name="Choices">What validation chooses among; each trains on the same data.</param>
internal sealed record MovieLensModel(string Name, IReadOnlyList<MovieLensChoice> Choices)
{
    public const string Factors = "ials";

    /// <summary>Baselines first.</summary>
    public static IReadOnlyList<MovieLensModel> All(ulong seed) =>
    [
        new("popularity", [new MovieLensChoice("", (train, _) => Popularity(train))]),
        new("ease", [.. ((double[])[100, 200, 400, 800]).Select(Ease)]),
        new(Factors, [.. Grid(seed).Select(Ials)]),
    ];

    /// <summary>The grid of iALS: what Rendle et al. (2022) find to matter.</summary>
    private static IEnumerable<ImplicitFactorsOptions> Grid(ulong seed) =>
        from dimensions in (int[])[16, 32]
        from unobserved in (double[])[0.1, 0.3, 1]
        from regularisation in (double[])[0.003, 0.01, 0.03]
        select new ImplicitFactorsOptions { Dimensions = dimensions, Unobserved = unobserved, Regularisation = regularisation, Seed = seed };

    private static MovieLensChoice Ials(ImplicitFactorsOptions options) => new(
        string.Create(CultureInfo.InvariantCulture, $"dimensions {options.Dimensions}, unobserved {options.Unobserved}, regularisation {options.Regularisation}, frequency scale {options.FrequencyScale}, sweeps {options.Sweeps}"),
        (train, cancellation) => ImplicitFactors.Train(train, options, null, cancellation).Score)
    {
        Factors = options,
    };

    private static MovieLensChoice Ease(double regularisation) => new(
        string.Create(CultureInfo.InvariantCulture, $"regularisation {regularisation}"),
        (train, cancellation) =>
        {
            var weights = EaseWeights.Train(train, regularisation, Environment.ProcessorCount, cancellation);
            return (user, item) => weights.Score(train[user], item);
        });

    private static Func<int, int, double> Popularity(Interactions train)
    {
        var items = train.Transposed();
        return (_, item) => items[item].Length;
    }
}

/// <summary>One setting of a model.</summary>
/// <param name="Parameters">In words.</param>
/// <param name="Train">From data to the score of a user and an item.</param>
internal sealed record MovieLensChoice(string Parameters, Func<Interactions, CancellationToken, Func<int, int, double>> Train)
{
    /// <summary>Set where the setting is of factors, which can be saved.</summary>
    public ImplicitFactorsOptions? Factors { get; init; }
}
