using System.Collections.Immutable;
using System.Globalization;
using Millrace.Backtest.ClickLogs;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Backtest;

/// <summary>
/// Judges the candidate stage alone: whether the clicked item is among the pool, before anything is ranked; of every <see cref="BySourceEvery"/>-th click also whether each
/// source alone names it among as many as the pool has, and whether the pool does without that source.
/// </summary>
internal sealed class CandidateProbe : IReplayProbe
{
    /// <summary>Asking each source alone, and all but each, takes as long as two dozen pools.</summary>
    public const int BySourceEvery = 64;

    /// <summary>Where pools are gathered for fewer clicks, of so many of those at least.</summary>
    private const int LeastBySourceEvery = 32;

    private readonly BacktestSetup _setup;
    private readonly TimeProvider _clock;
    private readonly CandidateGatherer _gatherer;
    private readonly Stage _whole;
    private readonly Stage _sampled;
    private readonly Stage _wide;
    private readonly int _alone;
    private readonly ImmutableArray<(Stage Alone, Stage Without)> _sources;
    private readonly Workspace _work = new();
    private readonly RequestSlot[] _slots;
    private readonly List<DegradedReason> _reasons = [];
    private long _names;
    private long _neverSeen;
    private long _heldOutNeverSeen;
    private TimeSpan _gathering;
    private long _clicks;

    /// <param name="setup">Whose candidates.</param>
    /// <param name="clock">Measures what a pool takes.</param>
    public CandidateProbe(BacktestSetup setup, TimeProvider clock)
    {
        (_setup, _clock) = (setup, clock);
        _gatherer = new CandidateGatherer(clock, static fault => throw new InvalidOperationException("a source failed", fault));
        _slots = [.. setup.Surface.Slots.Select(RequestSlot.Of)];
        var features = FeatureSet.Create(setup.Features, PolicyWindows.Of([setup.Policy]));
        var policy = setup.Policy;
        _alone = policy.Pool ?? CandidatePolicy.Pool;
        (_whole, _sampled) = (new Stage(policy, features, setup.Models), new Stage(policy, features, setup.Models));
        _wide = new Stage(policy with { FirstPhase = policy.FirstPhase ?? CandidatePolicy.ByPoints }, features, setup.Models);
        _sources =
        [
            .. policy.Candidates.Select(source => (
                new Stage(policy with { Candidates = [source with { Take = _alone, Weight = null }], FirstPhase = null, Pins = [], Boosts = [], Worths = policy.Worths.Clear() }, features, setup.Models),
                new Stage(policy with { Candidates = policy.Candidates.Remove(source) }, features, setup.Models))),
        ];
    }

    /// <summary>Pools are gathered for every so manyth click alone: a sample even over the log, in a fraction of the time.</summary>
    public int Every { get; init; } = 1;

    /// <summary>Takes what a first phase could learn from, and then no source is asked alone; null keeps nothing.</summary>
    public CandidateExamples? Examples { get; init; }

    public UnixMicros AsksFrom(UnixMicros first, UnixMicros scoredFrom) => scoredFrom;

    public ValueTask<bool> WantsAsync(UnixMicros time, CancellationToken cancellation) => new(_clicks++ % Every == 0);

    public void Observe(in Click click)
    {
    }

    /// <summary>The recall so far, in a few words.</summary>
    public string Says() => string.Create(CultureInfo.InvariantCulture, $"recall {_whole.Recall:F4}");

    /// <summary>Gathers for a click that is not known yet.</summary>
    public void Score(in Click click, DecideRequest request, FeatureSnapshot snapshot, EmbeddedPersonStore persons, bool heldOut)
    {
        persons.Read(request.Tenant, request.User, request.Session, _work.Person);
        var never = snapshot.Find(click.Item) is null;
        _neverSeen += never ? 1 : 0;
        _heldOutNeverSeen += never && heldOut ? 1 : 0;
        if (Examples is { } examples)
        {
            var asked = Gather(_wide, click, request, snapshot);
            examples.Add(_wide.Policy, _work, asked, click.Item);
        }

        var began = _clock.GetTimestamp();
        var hit = Score(_whole, click, request, snapshot, heldOut);
        _gathering += _clock.GetElapsedTime(began);
        _names += _work.Count;
        if (Examples is not null || _whole.Scored % Math.Max(LeastBySourceEvery, BySourceEvery / Every) != 0)
        {
            return;
        }

        _sampled.Count(hit, heldOut);
        foreach (var (alone, without) in _sources)
        {
            Score(alone, click, request, snapshot, heldOut);
            Score(without, click, request, snapshot, heldOut);
        }
    }

    /// <summary>What was found.</summary>
    public CandidateReport Report(TimeSpan? heldOutFrom) => new()
    {
        Policy = _setup.Policy.Name,
        Every = Every,
        Pool = _whole.Policy.Pool ?? PolicyValidator.MostCandidates,
        Alone = _alone,
        Scored = _whole.Scored,
        Recall = _whole.Recall,
        Ceiling = _whole.Scored == 0 ? 0 : 1 - ((double)_neverSeen / _whole.Scored),
        MeanSize = _whole.Scored == 0 ? 0 : (double)_names / _whole.Scored,
        MicrosPerPool = _whole.Scored == 0 ? 0 : _gathering.TotalMicroseconds / _whole.Scored,
        HeldOut = heldOutFrom is { } from && _whole.HeldOutScored > 0
            ? new HeldOutCandidates(from.TotalDays + 1, _whole.HeldOutScored, _whole.HeldOutRecall, 1 - ((double)_heldOutNeverSeen / _whole.HeldOutScored))
            : null,
        Sampled = new SourceRecall("all", _sampled.Scored, _sampled.Recall, _sampled.Recall, _sampled.HeldOutRecall, _sampled.HeldOutRecall),
        Sources =
        [
            .. _whole.Policy.Candidates.Zip(_sources, (source, stages) => new SourceRecall(
                Name(source), stages.Alone.Scored, stages.Alone.Recall, stages.Without.Recall, stages.Alone.HeldOutRecall, stages.Without.HeldOutRecall)),
        ],
    };

    private Request Gather(Stage stage, in Click click, DecideRequest request, FeatureSnapshot snapshot)
    {
        _work.Begin(snapshot, click.Time, PolicyValidator.MostCandidates);
        var asked = new Request(request, _setup.Surface, stage.Policy, snapshot, click.Time, 0) { Candidates = stage.Plan, Plan = null!, Context = FactContext.None };
        _gatherer.Gather(_work, asked, Rung.Full, _slots, long.MaxValue, _reasons);
        return asked;
    }

    private bool Score(Stage stage, in Click click, DecideRequest request, FeatureSnapshot snapshot, bool heldOut)
    {
        var asked = Gather(stage, click, request, snapshot);
        if (_work.Sink.Fused.Count > 0)
        {
            FirstPhaseStep.Cut(_work, asked, byPoints: false, static fault => throw new InvalidOperationException("the first phase failed", fault));
        }

        var hit = _work.IndexOf(click.Item) >= 0;
        stage.Count(hit, heldOut);
        return hit;
    }

    private static string Name(CandidateSource source)
    {
        var of = source.Feature ?? (source.Window is { } window ? Node.Configuration.Quantities.Format(window) : "");
        return string.Join(' ', new[] { source.Kind.ToString().ToLowerInvariant(), of, source.Segment ? "of the segment" : "" }.Where(part => part.Length > 0));
    }

    /// <summary>A policy's candidates, and how often the clicked item was among them.</summary>
    private sealed class Stage(Policy policy, FeatureSet features, IModelShelf models)
    {
        private long _hits;
        private long _heldOutHits;

        public Policy Policy => policy;

        public CandidatePlan Plan { get; } = new(policy, features, models);

        public long Scored { get; private set; }

        public long HeldOutScored { get; private set; }

        public double Recall => Scored == 0 ? 0 : (double)_hits / Scored;

        public double HeldOutRecall => HeldOutScored == 0 ? 0 : (double)_heldOutHits / HeldOutScored;

        public void Count(bool hit, bool heldOut)
        {
            Scored++;
            _hits += hit ? 1 : 0;
            HeldOutScored += heldOut ? 1 : 0;
            _heldOutHits += hit && heldOut ? 1 : 0;
        }
    }
}
