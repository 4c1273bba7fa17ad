using System.Globalization;
using Millrace.World.Randomness;

namespace Millrace.World.Audience;

/// <summary>The people and their visits: each a function of the seed and a number.</summary>
public sealed class Population
{
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
    /// <param name="index">The number.</param>
    /// <param name="time">When, from the world's start: tastes of countries may move.</param>
    public WorldUser User(int index, TimeSpan time = default)
    {
        var random = WorldRandom.For(_options.Seed, RandomStream.User, index);
        var country = random.NextBelow(_options.Countries);
        var taste = new double[_options.Topics];
        var common = _options.Audience.CountryShare;
        AddTaste(taste, ref random, 1 - common);
        if (common > 0)
        {
            AddCountryTaste(taste, country, time, common);
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

    /// <summary>Adds a taste of three topics, one of which may be drawn twice.</summary>
    private void AddTaste(double[] taste, ref WorldRandom random, double weight)
    {
        // 60 % for the first love, 30 % for the second, 10 % for the third; one topic drawn twice is loved more.
        ReadOnlySpan<double> shares = [0.6, 0.3, 0.1];
        foreach (var share in shares)
        {
            taste[random.NextBelow(_options.Topics)] += share * weight;
        }
    }

    private void AddCountryTaste(double[] taste, int country, TimeSpan time, double weight)
    {
        var (from, towards) = Drifting.At(_options.Drift, time);
        var before = WorldRandom.For(_options.Seed, RandomStream.SegmentTaste, country, from);
        AddTaste(taste, ref before, weight * (1 - towards));
        if (towards > 0)
        {
            var after = WorldRandom.For(_options.Seed, RandomStream.SegmentTaste, country, from + 1);
            AddTaste(taste, ref after, weight * towards);
        }
    }

    private Visit Make(int index, TimeSpan arrives)
    {
        var random = WorldRandom.For(_options.Seed, RandomStream.Visit, index);
        // The square makes low numbers frequent visitors: the most active tenth pays about a third of the visits.
        var lean = random.NextUnit();
        var user = User((int)(lean * lean * _options.Audience.Users), arrives);
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
