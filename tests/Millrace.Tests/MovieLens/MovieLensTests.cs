using Millrace.Learning.Evaluation.Ranking;
using Millrace.Learning.Training.Factorisation;
using Millrace.MovieLens;
using Millrace.Tests.House;

namespace Millrace.Tests.MovieLens;

public sealed class MovieLensTests
{
    [Fact]
    public void A_random_split_is_RecBoles_by_user_and_holds_every_rating_once()
    {
        var data = Load();
        var split = MovieLensSplit.Random(data, 1);

        Assert.Equal(100_000, split.Train.Count + split.Valid.Count + split.Test.Count);
        Assert.Equal(100_000, split.Known().Pairs().Concat(split.Test.Pairs()).Distinct().Count());
        for (var user = 0; user < data.Users.Length; user++)
        {
            var tenth = data.Ratings.Count(rating => rating.User == user) / 10;
            Assert.Equal((tenth, tenth), (split.Valid[user].Length, split.Test[user].Length));
        }
    }

    [Fact]
    public void Factors_beat_the_published_BPR_and_popularity_on_the_full_catalogue()
    {
        var data = Load();
        var split = MovieLensSplit.Random(data, 1);
        var judge = new MovieLensJudge(data, 1);
        var factors = ImplicitFactors.Train(split.Train, new ImplicitFactorsOptions { Threads = 2 }, null, TestContext.Current.CancellationToken);
        var popular = split.Train.Transposed();

        var (quality, _) = judge.Judge(factors.Score, split.Known(), split.Test);
        var (baseline, _) = judge.Judge((_, item) => popular[item].Length, split.Known(), split.Test);
        Assert.True(quality.All("ndcg@10").Estimate().Value > 0.277, quality.All("ndcg@10").Estimate().ToString());
        Assert.True(quality.All("ndcg@10").Minus(baseline.All("ndcg@10")).Low > 0.05);
        Assert.Equal(943, quality.All("ndcg@10").Support);
        Assert.Equal(943, quality.In(new Slice("gender", "F"), "ndcg@10").Support + quality.In(new Slice("gender", "M"), "ndcg@10").Support);
    }

    private static MovieLensData Load()
    {
        Assert.SkipWhen(RepositoryRoot.SharedData is null, "the folder of real data is not beside the checkout");
        return MovieLensData.Load(Path.Combine(RepositoryRoot.SharedData!, "ml-100k"));
    }
}
