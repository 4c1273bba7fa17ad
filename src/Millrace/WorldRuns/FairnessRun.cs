using Millrace.Learning.Fairness;
using Millrace.Models.Policies;
using Millrace.World;
using Millrace.World.Clicks;
using Millrace.World.Items;

namespace Millrace.WorldRuns;

/// <summary>One policy in <see cref="FairnessWorld"/>, judged on the second half of its views. Everything follows from method and seed.</summary>
internal sealed class FairnessRun
{
    private readonly SyntheticWorld _world;
    private readonly DecidingRecommender _recommender;
    private readonly ExposureTally _exposure;
    private double _clicks;
    private int _judged;

    public FairnessRun(WorldMethod method, ulong seed)
    {
        var scenario = FairnessWorld.Scenario;
        var page = new PositionBasedModel();
        _world = new SyntheticWorld(scenario.World with { Seed = seed, ClickModel = page });
        var surface = new Surface(WorldFacts.Surface, method.Policy!.Name, [new Slot("main", scenario.World.Audience.SlateSize)]);
        _recommender = new DecidingRecommender(method.Policy, surface, scenario.Features, method.Refit);
        _exposure = new ExposureTally([FairnessWorld.Favoured, FairnessWorld.Starved], seed, page.Examination);
    }

    /// <summary>Shows so many slates.</summary>
    public FairnessFound Run(int views, CancellationToken cancellation)
    {
        Publish(provider: 0, TimeSpan.Zero);
        var shown = 0;
        foreach (var view in WorldViews.InOrder(_world).Take(views))
        {
            cancellation.ThrowIfCancellationRequested();
            if (shown == FairnessWorld.HeadStart)
            {
                Publish(provider: 1, view.Time);
            }

            WorldItem[] slate = [.. _recommender.Decide(WorldFacts.Of(view)).Select(id => _world.Items.Find(id)!)];
            if (shown >= views / 2 && shown % FairnessWorld.Scenario.AppraiseEvery == 0)
            {
                Judge(view, slate);
            }

            foreach (var outcome in _world.Look(view.Visit, view.Number, view.Time, slate, [.. slate.Select(_ => (TimeSpan?)TimeSpan.Zero)]))
            {
                foreach (var happened in WorldFacts.Of(view, outcome))
                {
                    _recommender.Observe(happened);
                }
            }

            shown++;
        }

        return new FairnessFound(_exposure, _clicks / _judged);
    }

    /// <summary>By the truth: merit is what the item is to the visitor, and clicks are those to be expected. What was read in the visit is no candidate: neither policy shows it again.</summary>
    private void Judge(WorldView view, WorldItem[] slate)
    {
        _clicks += _world.Appraise(view.Visit, view.Number, view.Time, slate).Expected;
        _judged++;
        _exposure.Add((ulong)view.Visit.User.Index, [.. _world.Items.LiveAt(view.Time).Where(item => !view.Visit.HasRead(item)).Select(item =>
            new ExposedItem(item.Provider, Array.IndexOf(slate, item) + 1, _world.AppealOf(view.Visit, item, view.Time).Attraction, false))]);
    }

    private void Publish(int provider, TimeSpan now)
    {
        foreach (var item in _world.Items.LiveAt(TimeSpan.Zero).Where(item => item.Provider == provider))
        {
            _recommender.Publish(WorldFacts.Of(item, now));
        }
    }
}

/// <summary>What one policy did under one seed.</summary>
/// <param name="Exposure">By provider.</param>
/// <param name="Clicks">To be expected of a slate, by the truth.</param>
internal sealed record FairnessFound(ExposureTally Exposure, double Clicks);
