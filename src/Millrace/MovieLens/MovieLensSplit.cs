using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Learning.Training.Factorisation;

namespace Millrace.MovieLens;

/// <summary>What is learnt from, what chooses hyper-parameters, and what is judged on.</summary>
/// <param name="Name">The protocol.</param>
/// <param name="Train">Learnt from.</param>
/// <param name="Valid">Chooses.</param>
/// <param name="Test">Judges, once.</param>
internal sealed record MovieLensSplit(string Name, Interactions Train, Interactions Valid, Interactions Test)
{
    /// <summary>
    /// RecBole's default (<c>recbole/properties/overall.yaml</c>: RS [0.8, 0.1, 0.1], group_by user, order RO): each user's ratings in a random order; of n, test and validation get ⌊n/10⌋ each, or
    /// one where that is none, and training the rest.
    /// </summary>
    public static MovieLensSplit Random(MovieLensData data, ulong seed) => Of("random-80-10-10", data, ratings =>
    {
        var user = (ulong)ratings[0].User;
        Rating[] order = [.. ratings.Select((rating, i) => (rating, Draw: Philox.Draw(seed, user, (ulong)i).First)).OrderBy(pair => pair.Draw).Select(pair => pair.rating)];
        var tenth = Math.Max(1, order.Length / 10);
        return (order[..^(2 * tenth)], order[^(2 * tenth)..^tenth], order[^tenth..]);
    });

    /// <summary>Each user's last rating judges, the one before chooses. Of equal times the order is the file's.</summary>
    public static MovieLensSplit LeaveLastOut(MovieLensData data) => Of("leave-last-out", data, ratings => (ratings[..^2], ratings[^2..^1], ratings[^1..]));

    /// <summary>The split that comes with the data, ten ratings of each user; of the rest a random tenth chooses. Null where the files are absent.</summary>
    public static MovieLensSplit? Ua(MovieLensData data, ulong seed)
    {
        if (data.Ua is not { } ua)
        {
            return null;
        }

        var validates = ua.Base.ToLookup(rating => Philox.ToUnit(Philox.Draw(seed, (ulong)rating.User, (ulong)rating.Item).First) < 0.1);
        return new MovieLensSplit("ua", Matrix(data, validates[false]), Matrix(data, validates[true]), Matrix(data, ua.Test));
    }

    /// <summary>What the final model must not name again.</summary>
    public Interactions Known() => Interactions.Of(Train.Pairs().Concat(Valid.Pairs()), Train.Rows, Train.Columns);

    private static MovieLensSplit Of(string name, MovieLensData data, Func<Rating[], (Rating[] Train, Rating[] Valid, Rating[] Test)> split)
    {
        var parts = data.Ratings.GroupBy(rating => rating.User).Select(group => split([.. group])).ToImmutableArray();
        return new MovieLensSplit(
            name, Matrix(data, parts.SelectMany(part => part.Train)), Matrix(data, parts.SelectMany(part => part.Valid)), Matrix(data, parts.SelectMany(part => part.Test)));
    }

    private static Interactions Matrix(MovieLensData data, IEnumerable<Rating> ratings) =>
        Interactions.Of(ratings.Select(rating => (rating.User, rating.Item)), data.Users.Length, data.Items.Length);
}
