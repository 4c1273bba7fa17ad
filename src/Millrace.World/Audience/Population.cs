using System.Globalization;
using Millrace.World.Randomness;

namespace Millrace.World.Audience;

/// <summary>The people and their visits: each a function of the seed and a number.</summary>
public sealed class Population
{
    private const int TastesPerUser = 3;

    /// <summary>Visits longer than this are cut, so that no session is without end.</summary>
    private const int MaxViews = 100;

    private readonly WorldOptions _options;
    private readonly double _visitsPerSecond;

    internal Population(WorldOptions options)
    {
        _options = options;
        _visitsPerSecond = options.Audience.ViewsPerSecond / options.Audience.MeanViews;
    }

    /// <summary>The user with this number.</summary>
    public WorldUser User(int index)
    {
        var random = WorldRandom.For(_options.Seed, RandomStream.User, index);
        var country = random.NextBelow(_options.Countries);
        var taste = new double[_options.Topics];
        // 60 % for the first love, 30 % for the second, 10 % for the third; one topic drawn twice is loved more.
        ReadOnlySpan<double> shares = [0.6, 0.3, 0.1];
        for (var i = 0; i < TastesPerUser; i++)
        {
            taste[random.NextBelow(_options.Topics)] += shares[i];
        }

        return new WorldUser(index, "user-" + index.ToString("D6", CultureInfo.InvariantCulture), country, taste);
    }

    /// <summary>All visits in order of arrival, without end: a Poisson process.</summary>
    public IEnumerable<Visit> Visits()
    {
        var arrives = TimeSpan.Zero;
        for (var index = 0; ; index++)
        {
            var random = WorldRandom.For(_options.Seed, RandomStream.Arrival, index);
            arrives += TimeSpan.FromSeconds(random.NextExponential() / _visitsPerSecond);
            yield return Make(index, arrives);
        }
    }

    /// <summary>How long the visitor thinks before a view; nothing before the first.</summary>
    public TimeSpan ThinkBefore(Visit visit, int view)
    {
        ArgumentNullException.ThrowIfNull(visit);
        return view == 0
            ? TimeSpan.Zero
            : _options.Audience.MeanThink * WorldRandom.For(_options.Seed, RandomStream.Think, visit.Index, view).NextExponential();
    }

    private Visit Make(int index, TimeSpan arrives)
    {
        var random = WorldRandom.For(_options.Seed, RandomStream.Visit, index);
        // The square makes low numbers frequent visitors: the most active tenth pays about a third of the visits.
        var lean = random.NextUnit();
        var user = User((int)(lean * lean * _options.Audience.Users));
        var intent = random.NextWeighted([.. user.Taste], total: 1);
        var more = 1 - 1 / _options.Audience.MeanViews;
        var views = 1;
        while (views < MaxViews && random.NextUnit() < more)
        {
            views++;
        }

        return new Visit(index, arrives, user, intent, views);
    }
}
