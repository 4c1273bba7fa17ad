using Millrace.Models.Policies;
using Millrace.World;
using Millrace.World.Items;

namespace Millrace.WorldRuns;

/// <summary>One method in one world, from its start. Everything follows from scenario, method and seed.</summary>
internal sealed class MethodRun
{
    private readonly WorldScenario _scenario;
    private readonly SyntheticWorld _world;
    private readonly IRecommender _recommender;

    /// <param name="scenario">The world and its features.</param>
    /// <param name="method">Who recommends.</param>
    /// <param name="seed">Of the world, and of an even draw.</param>
    public MethodRun(WorldScenario scenario, WorldMethod method, ulong seed)
    {
        var size = scenario.World.Audience.SlateSize;
        _scenario = scenario;
        _world = new SyntheticWorld(scenario.World with { Seed = seed });
        _recommender = method.Policy is { } policy
            ? new DecidingRecommender(policy, new Surface(WorldFacts.Surface, policy.Name, [new Slot("main", size)]), scenario.Features, method.Refit)
            : new UniformRecommender(size, seed);
    }

    /// <summary>Shows so many slates.</summary>
    public MethodOutcome Run(int views, CancellationToken cancellation)
    {
        var (first, second, clicks) = (default(Reward), default(Reward), 0L);
        var (told, shown) = (TimeSpan.Zero, 0);
        var newcomers = new Newcomers(_world, views);
        Publish(_world.Items.LiveAt(TimeSpan.Zero), TimeSpan.Zero);
        foreach (var view in WorldViews.InOrder(_world).Take(views))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var item in Publish(_world.Items.BornWithin(told, view.Time), view.Time))
            {
                newcomers.Born(item, shown);
            }

            told = view.Time;
            var slate = SlateFor(view);
            if (shown % _scenario.AppraiseEvery == 0)
            {
                var reward = Reward.Of(_world.Appraise(view.Visit, view.Number, view.Time, slate));
                first += shown < views / 2 ? reward : default;
                second += shown < views / 2 ? default : reward;
            }

            newcomers.Decided(view, slate);
            clicks += Show(view, slate);
            shown++;
        }

        return new MethodOutcome(first, second, clicks, newcomers.Outcome);
    }

    private WorldItem[] SlateFor(WorldView view) =>
    [
        .. _recommender.Decide(WorldFacts.Of(view))
            .Select(id => _world.Items.Find(id) ?? throw new InvalidOperationException($"The slate holds '{id}', which is no item of this world.")),
    ];

    private int Show(WorldView view, WorldItem[] slate)
    {
        var clicks = 0;
        foreach (var outcome in _world.Look(view.Visit, view.Number, view.Time, slate, [.. slate.Select(_ => (TimeSpan?)TimeSpan.Zero)]))
        {
            clicks += outcome.Clicked ? 1 : 0;
            foreach (var happened in WorldFacts.Of(view, outcome))
            {
                _recommender.Observe(happened);
            }
        }

        return clicks;
    }

    private WorldItem[] Publish(IEnumerable<WorldItem> items, TimeSpan now)
    {
        WorldItem[] published = [.. items];
        foreach (var item in published)
        {
            _recommender.Publish(WorldFacts.Of(item, now));
        }

        return published;
    }
}
