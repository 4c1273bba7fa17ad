using Millrace.Learning.Training.Factorisation;

namespace Millrace.MovieLens;

/// <summary>Trains every model under every protocol: hyper-parameters by validation alone, the test part looked at once by what they chose.</summary>
/// <param name="data">The log.</param>
/// <param name="seed">Of splits, factors and bootstrap.</param>
/// <param name="tell">Told what is being done.</param>
internal sealed class MovieLensRun(MovieLensData data, ulong seed, Action<string> tell)
{
    /// <summary>The factors that the first protocol's validation chose, trained on all ratings; of no use for judging.</summary>
    public (ImplicitFactors Factors, ImplicitFactorsOptions Options) Embed(MovieLensReport report, CancellationToken cancellation)
    {
        var chosen = report.Protocols[0].Models.Single(model => model.Name == MovieLensModel.Factors).Parameters;
        var options = MovieLensModel.All(seed).Single(model => model.Name == MovieLensModel.Factors).Choices.Single(choice => choice.Parameters == chosen).Factors!;
        var all = Interactions.Of(data.Ratings.Select(rating => (rating.User, rating.Item)), data.Users.Length, data.Items.Length);
        return (ImplicitFactors.Train(all, options, null, cancellation), options);
    }

    public MovieLensReport Run(CancellationToken cancellation)
    {
        MovieLensSplit?[] splits = [MovieLensSplit.Random(data, seed), MovieLensSplit.LeaveLastOut(data), MovieLensSplit.Ua(data, seed)];
        return new MovieLensReport(seed, [.. splits.OfType<MovieLensSplit>().Select(split => Judge(split, cancellation))]);
    }

    private ProtocolReport Judge(MovieLensSplit split, CancellationToken cancellation)
    {
        var judge = new MovieLensJudge(data, seed);
        var known = split.Known();
        return new ProtocolReport(split.Name, split.Train.Count, split.Valid.Count, split.Test.Count, [.. MovieLensModel.All(seed).Select(model =>
        {
            var best = (Choice: model.Choices[0], Ndcg: double.NegativeInfinity, Score: (Func<int, int, double>?)null);
            foreach (var choice in model.Choices)
            {
                var score = choice.Train(split.Train, cancellation);
                var ndcg = judge.Validate(score, split.Train, split.Valid);
                best = ndcg > best.Ndcg ? (choice, ndcg, score) : best;
                tell($"{split.Name}: {model.Name} {choice.Parameters}: validation {ndcg:F4}");
            }

            var (quality, lists) = judge.Judge(best.Score!, known, split.Test);
            return ModelReport.Of(model.Name, best.Choice.Parameters, best.Ndcg, quality, lists);
        })]);
    }
}
