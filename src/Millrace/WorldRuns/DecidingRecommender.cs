using Millrace.Backtest;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.WorldRuns;

/// <summary>The folder, the user state and the decider of a node, on a clock that stands where the world stands.</summary>
internal sealed class DecidingRecommender : IRecommender
{
    /// <summary>How old item features may be: the node freezes a snapshot as often as this. DESIGN §9: 250 ms.</summary>
    private static readonly TimeSpan Epoch = TimeSpan.FromMilliseconds(250);

    private readonly VirtualClock _clock = new();
    private readonly FeatureFolder _folder;
    private readonly EmbeddedPersonStore _persons;
    private readonly Serving _serving;
    private readonly Decider _decider;
    private readonly TimeSpan _refit;
    private UnixMicros? _frozen;
    private UnixMicros? _fitted;
    private long _facts;

    /// <param name="policy">What decides.</param>
    /// <param name="surface">Where.</param>
    /// <param name="definitions">All features that the policy reads.</param>
    /// <param name="refit">How often fitted priors are fitted again.</param>
    public DecidingRecommender(Policy policy, Surface surface, IEnumerable<FeatureDefinition> definitions, TimeSpan refit)
    {
        var options = new FeatureOptions();
        var features = FeatureSet.Create(definitions, PolicyWindows.Of([policy]));
        _folder = new FeatureFolder(features, options);
        _persons = new EmbeddedPersonStore(features.Persons, partitions: 1, options.SessionIdle);
        _refit = refit;
        var deciding = new DeciderOptions { Timeout = Timeout.InfiniteTimeSpan, FullShare = 0, RememberedBytes = 0 };
        _serving = new Serving(PolicySet.Create([policy], [surface], features), () => _folder.Current, _persons) { Neighbours = new NeighbourIndexes(new NeighbourOptions()) };
        _decider = new Decider(deciding, _clock, new ServingTable(_serving), faulted: fault => throw new InvalidOperationException("The decider failed.", fault));
    }

    public void Publish(ItemChanged item) => _folder.Apply(Stored(item));

    public void Observe(Observed happened)
    {
        var stored = Stored(happened);
        _folder.Apply(stored);
        _persons.Observe(stored);
    }

    public IReadOnlyList<string> Decide(DecideRequest request)
    {
        _clock.MoveTo(request.Time);
        if (_frozen is not { } frozen || request.Time - frozen >= Epoch)
        {
            Freeze(request.Time);
        }

        var items = _decider.Decide(request).Slots[0].Items;
        var slate = new string[items.Length];
        for (var i = 0; i < slate.Length; i++)
        {
            slate[i] = items[i].Item;
        }

        return slate;
    }

    private void Freeze(UnixMicros now)
    {
        var snapshot = _folder.Freeze(now);
        _serving.Neighbours!.Follow(_serving.Policies, snapshot);
        _frozen = now;
        _fitted ??= now;
        if (now - _fitted < _refit)
        {
            return;
        }

        // As the node does: what is fitted on this snapshot is read with the next.
        _fitted = now;
        foreach (var prior in EmpiricalPrior.Refit(snapshot))
        {
            _folder.Apply(Stored(prior with { Id = $"{prior.State}:{prior.Version}", Time = now }));
        }
    }

    private StoredFact Stored(Fact fact) => new(new Position(fact.Stream, 0, _facts++), fact);
}
