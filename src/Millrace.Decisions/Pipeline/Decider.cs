using System.Collections.Concurrent;
using System.Collections.Immutable;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pacing;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Terms;
using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pipeline;

/// <summary>
/// Answers decide requests: candidates → filters → features → scores → slate, on the best rung of the ladder that works. Pure CPU, no
/// waiting, safe from any thread. Built as
/// <c>new Decider(new DeciderOptions(), clock, new ServingTable(new Serving(PolicySet.Create(policies, surfaces, features), () =&gt; folder.Current, persons)), sink)</c>
/// with the <see cref="FeatureSet"/> of the folder; a backtest sets <c>Timeout = InfiniteTimeSpan, FullShare = 0, RememberedBytes = 0</c> and no sink.
/// </summary>
public sealed class Decider
{
    // An epoch lasts 250 ms, a read of a person microseconds: a second try is rare already.
    private const int PinTries = 4;

    private readonly DeciderOptions _options;
    private readonly TimeProvider _clock;
    private readonly ServingTable _serving;
    private readonly IDecisionSink? _sink;
    private readonly Action<Exception>? _faulted;
    private readonly DecisionMemory _memory;
    private readonly DecisionRecorder _recorder;
    private readonly CandidateGatherer _gatherer;
    private readonly DecisionMeters? _meters;
    private readonly PacingTable _pacing = new();
    private readonly TermColumns _terms;
    private readonly ConcurrentBag<Workspace> _workspaces = [];
    private readonly ConcurrentDictionary<string, Bulkhead> _tenants = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Bulkhead> _surfaces = new(StringComparer.Ordinal);

    /// <param name="options">Bounds and habits.</param>
    /// <param name="clock">Now, and the time that passes while deciding.</param>
    /// <param name="serving">Policies, features and persons; read once per decision.</param>
    /// <param name="sink">Takes each new decision behind the reply; null keeps no record.</param>
    /// <param name="faulted">Told of an exception that made a decision go down the ladder; null when nobody wants to know.</param>
    /// <param name="meters">Count what is decided and which bounds are hit; null counts nothing.</param>
    public Decider(
        DeciderOptions options,
        TimeProvider clock,
        ServingTable serving,
        IDecisionSink? sink = null,
        Action<Exception>? faulted = null,
        DecisionMeters? meters = null)
    {
        _options = options;
        _clock = clock;
        _serving = serving;
        _sink = sink;
        _faulted = faulted;
        _memory = new DecisionMemory(options);
        _recorder = new DecisionRecorder(options);
        _gatherer = new CandidateGatherer(clock, faulted);
        _terms = new TermColumns(clock, options.TermTime, faulted);
        _meters = meters;
        meters?.Watch(this);
    }

    /// <summary>Answers that were forgotten before their ten minutes because the bound was hit.</summary>
    public long ForgottenEarly => _memory.ForgottenEarly;

    /// <summary>Surfaces whose paces were forgotten because the bound was hit.</summary>
    internal long PacingForgotten => _pacing.Forgotten;

    /// <summary>Where the paces of the policies in force are.</summary>
    internal IEnumerable<(PacedSurface Surface, Pace Pace, double Bonus, double? Share)> Paces =>
        _pacing.Readings().Where(reading => _serving.Current.Policies.Find(reading.Surface.Surface) is var (_, policy) && policy.Name == reading.Surface.Policy && policy.Pacing.Contains(reading.Pace));

    /// <summary>Contexts that were forgotten within their day because the bound was hit; their events take them from the journal.</summary>
    public long ContextsForgottenEarly => _memory.ContextsForgottenEarly;

    /// <summary>Bytes of the answers that are remembered.</summary>
    public long RememberedBytes => _memory.Bytes;

    /// <summary>Decisions recorded slim because the byte budget of full records was spent.</summary>
    public long SlimByBudget => _recorder.SlimByBudget;

    /// <summary>Decides. The answer's <see cref="Decided.Inputs"/> are present on full records only, and never on an answer given again.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="times">Told how long each step took; null when nobody wants to know.</param>
    /// <exception cref="UnknownSurfaceException">No such surface.</exception>
    /// <exception cref="DecisionConflictException">The decision id was used by another request.</exception>
    public Decided Decide(DecideRequest request, StepTimes? times = null)
    {
        times?.Clear();
        long started = _clock.GetTimestamp();
        UnixMicros now = UnixMicros.Now(_clock);
        ulong fingerprint = _memory.Remembers ? RequestFingerprint.Of(request) : 0;
        if (_memory.Remembers && _memory.Find(request, fingerprint, now) is { } before)
        {
            return Repeated(before, times);
        }

        if (!_workspaces.TryTake(out Workspace? work)) work = new Workspace();
        work.Times.Clear();
        Decided answer = Take(request, work, started, now);
        if (times is not null) work.Times.CopyTo(times);
        Decided kept = _memory.Remembers ? _memory.Keep(request, fingerprint, answer, work.Image, now) : answer;
        if (ReferenceEquals(kept, answer))
        {
            work.Pacing.Tell(now);
            _sink?.Write(answer);
            _meters?.Answered(answer, _clock.GetElapsedTime(started), work.Times);
            if (work.Filters is { } filters) _meters?.Filtered(filters, work.Dropped);
        }

        _workspaces.Add(work);
        return ReferenceEquals(kept, answer) ? answer : Repeated(kept, times);
    }

    /// <summary>Where and for whom the decision of this id was taken, within the last day; null when it is not known here, though the journal may know.</summary>
    public DecisionContext? Recall(string tenant, string decisionId) => _memory.Context(tenant, decisionId);

    /// <summary>Forgets what these persons, users or sessions, were answered and for whom that was; decisions under way may be remembered after it.</summary>
    public void Forget(string tenant, IEnumerable<string> subjects) => _memory.Forget(tenant, subjects);

    private Decided Repeated(Decided answer, StepTimes? times)
    {
        _meters?.Repeated();
        if (times is not null)
        {
            times.Clear();
            times.Repeated = true;
        }

        return answer;
    }

    private Decided Take(DecideRequest request, Workspace work, long started, UnixMicros now)
    {
        var serving = _serving.Current;
        var (surface, policy, plan) = serving.Policies.Bound(request.Surface) ?? throw new UnknownSurfaceException(request.Surface);
        Bulkhead? tenantPlace = null;
        Bulkhead? surfacePlace = null;
        try
        {
            bool admitted = Enter(_tenants, request.Tenant, _options.TenantDecisions, ref tenantPlace) && Enter(_surfaces, surface.Name, surface.AtOnce, ref surfacePlace);
            var reasons = new List<DegradedReason>();
            work.Person.Clear();
            bool paced = !policy.Pacing.IsEmpty && request.Mode == DecideMode.Online;
            work.Pacing.Begin(paced ? _pacing.Of(request.Tenant, surface.Name, policy, now) : null);
            if (!admitted) Note(reasons, DegradedReason.BulkheadFull);
            var snapshot = admitted ? ReadPerson(serving, request, work, reasons) : serving.Snapshot();
            return Answer(
                new Request(request, surface, policy, snapshot, now, started)
                {
                    Candidates = serving.Policies.CandidatesOf(policy),
                    Plan = plan,
                    Neighbours = serving.Neighbours,
                    Terms = serving.Terms,
                    Context = ContextAttributes.Keep(request.Context, snapshot.Features.ContextKeys),
                },
                work,
                admitted ? Rung.Full : Rung.SegmentList,
                reasons);
        }
        finally
        {
            surfacePlace?.Leave();
            tenantPlace?.Leave();
        }
    }

    private static bool Enter(ConcurrentDictionary<string, Bulkhead> bulkheads, string name, int limit, ref Bulkhead? place)
    {
        if (limit == 0) return true;
        Bulkhead bulkhead = bulkheads.GetOrAdd(name, static _ => new Bulkhead());
        if (!bulkhead.TryEnter(limit)) return false;
        place = bulkhead;
        return true;
    }

    /// <summary>
    /// Pins a snapshot, and reads the person while it is in force: what the person's state folds then lies between this epoch's cut and the next one's, so that whoever
    /// builds the features again can tell which facts it holds.
    /// </summary>
    private FeatureSnapshot ReadPerson(Serving serving, DecideRequest request, Workspace work, List<DegradedReason> reasons)
    {
        long began = _clock.GetTimestamp();
        try
        {
            return Pin(serving, request, work, reasons);
        }
        finally
        {
            work.Times.Add(DecisionStep.Person, _clock.GetElapsedTime(began));
        }
    }

    private FeatureSnapshot Pin(Serving serving, DecideRequest request, Workspace work, List<DegradedReason> reasons)
    {
        var snapshot = serving.Snapshot();
        if (request.User is null && request.Session is null)
        {
            return snapshot;
        }

        try
        {
            for (var tries = 0; tries < PinTries; tries++)
            {
                serving.Persons.Read(request.Tenant, request.User, request.Session, work.Person);
                var now = serving.Snapshot();
                if (ReferenceEquals(now, snapshot))
                {
                    return snapshot;
                }

                snapshot = now;
            }
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _faulted?.Invoke(fault);
            work.Person.Clear();
            Note(reasons, DegradedReason.PersonUnknown);
        }

        return snapshot;
    }

    /// <summary>Goes down the ladder, from <paramref name="rung"/> on, until a rung answers.</summary>
    private Decided Answer(in Request request, Workspace work, Rung rung, List<DegradedReason> reasons)
    {
        RequestSlot[] slots = request.Asked.Slots.IsDefault ? [.. request.Surface.Slots.Select(RequestSlot.Of)] : [.. request.Asked.Slots];
        if (request.Now - request.Snapshot.Time > _options.Staleness) reasons.Add(DegradedReason.StaleFeatures);
        ulong seed = DecisionSeeds.Of(request.Asked, request.Now, _options.SeedSalt.Span);
        work.Forget();
        ImmutableArray<DecidedSlot> decided;
        while ((decided = Attempt(request, work, slots, rung, seed, reasons, out Rung below)).IsDefault && rung < Rung.GlobalList) rung = below;
        if (!decided.IsDefault) NoteShortfall(slots, decided, work, reasons);
        long began = _clock.GetTimestamp();
        Decided answer = _recorder.Record(request, work, slots, rung, seed, reasons, decided);
        work.Times.Add(DecisionStep.Record, _clock.GetElapsedTime(began));
        return answer;
    }

    /// <summary>The steps of one rung; default when a lower one must be tried, with the reason noted.</summary>
    private ImmutableArray<DecidedSlot> Attempt(
        in Request request, Workspace work, RequestSlot[] slots, Rung rung, ulong seed, List<DegradedReason> reasons, out Rung below)
    {
        below = rung + 1;
        ImmutableArray<DecidedSlot> decided = default;
        foreach (PipelineStep step in PipelineSteps.All)
        {
            if (rung > step.Until || (step.Step == DecisionStep.FirstPhase && work.Sink.Fused.Count == 0)) continue;
            bool late = OutOfTime(request, step.Latest(rung));
            if (late) work.Times.Late(step.Step);
            if (late && step.Step != DecisionStep.FirstPhase)
            {
                Note(reasons, DegradedReason.Timeout);
                return default;
            }

            long began = _clock.GetTimestamp();
            try
            {
                switch (step.Step)
                {
                    case DecisionStep.Candidates when !Gather(request, work, slots, rung, reasons, ref below):
                        return default;
                    case DecisionStep.FirstPhase:
                        if (!FirstPhaseStep.Cut(work, request, late, _faulted)) Note(reasons, DegradedReason.FirstPhaseSkipped);
                        break;
                    case DecisionStep.Features:
                        FeatureMatrix.Read(work, request);
                        if (!_terms.Read(work, request.Plan, request.Terms)) Note(reasons, DegradedReason.TermsMissing);
                        break;
                    case DecisionStep.Ranking:
                        work.ReadSlate(request.Policy, request.Asked.Constraints, rung);
                        decided = Ranker.Rank(work.Problem(request.Policy, request.Plan, slots, rung, request.Asked.Mode, seed, RankUntil(request, rung)), work.Rank);
                        if (decided.IsDefault)
                        {
                            Note(reasons, DegradedReason.Timeout);
                            work.Times.Late(step.Step);
                            return default;
                        }

                        if (!request.Policy.Pacing.IsEmpty && request.Asked.Mode == DecideMode.Online) work.CountPaced(slots.Sum(static slot => slot.Count), rung);
                        break;
                }
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                _faulted?.Invoke(fault);
                Note(reasons, Failing(step.Step));
                return default;
            }
            finally
            {
                work.Times.Add(step.Step, _clock.GetElapsedTime(began));
            }
        }

        return decided;
    }

    private static DegradedReason Failing(DecisionStep step) => step switch
    {
        DecisionStep.Candidates => DegradedReason.CandidatesFailed,
        DecisionStep.Features => DegradedReason.FeaturesFailed,
        _ => DegradedReason.RankingFailed,
    };

    /// <summary>Fills the workspace for a rung, with what a rung above has found where that serves; false when the rung has nothing.</summary>
    private bool Gather(in Request request, Workspace work, RequestSlot[] slots, Rung rung, List<DegradedReason> reasons, ref Rung below)
    {
        int most = rung == Rung.FewerCandidates ? _options.FewerCandidates : _options.MaxCandidates;
        if (rung < Rung.SegmentList && work.KeepFirst(most)) return true;

        // Emptied before anything can fail: a record must never hold the candidates of the decision before.
        work.Begin(request.Snapshot, request.Now, most);
        if (rung == Rung.SegmentList && !CandidateGatherer.HasSegmentList(request)) return false;
        _gatherer.Gather(work, request, rung, slots, SourcesUntil(request, rung), reasons);
        if (request.Asked.Mode == DecideMode.Online && FoundNothing(request, work, rung, reasons))
        {
            below = Rung.SegmentList > rung ? Rung.SegmentList : rung + 1;
            return false;
        }

        work.Gathered = true;
        return true;
    }

    /// <summary>
    /// Whether a lower rung must be asked, since this one has nothing but pins. The caller's own candidates are the same on every rung: when none of
    /// them may be shown, the empty slate is the answer.
    /// </summary>
    private static bool FoundNothing(in Request request, Workspace work, Rung rung, List<DegradedReason> reasons)
    {
        if (!request.Asked.Candidates.IsDefault)
        {
            if (work.Count == 0) Note(reasons, DegradedReason.NoCandidates);
            return false;
        }

        bool last = rung == Rung.GlobalList;
        if (work.Count > (last ? 0 : work.Pinned) || work.Sink.HasFusedOthers()) return false;
        if (rung != Rung.SegmentList) Note(reasons, !last ? DegradedReason.NoCandidates : work.HasDropped ? DegradedReason.AllFiltered : DegradedReason.EmptyCatalogue);
        return true;
    }

    private static void NoteShortfall(RequestSlot[] slots, ImmutableArray<DecidedSlot> decided, Workspace work, List<DegradedReason> reasons)
    {
        if (work.Rank.PinMoved) Note(reasons, DegradedReason.PinMoved);
        if (work.Rank.Relaxed.Count > 0) Note(reasons, DegradedReason.ConstraintsRelaxed);
        if (work.Rank.ThresholdsRelaxed) Note(reasons, DegradedReason.ThresholdsRelaxed);
        bool isShort = decided.Sum(slot => slot.Items.Length) < slots.Sum(slot => slot.Count);
        if (isShort && !reasons.Contains(DegradedReason.NoCandidates)) Note(reasons, DegradedReason.ShortSlate);
    }

    /// <summary>The timestamp by which sources are cut, so that there is time for the steps behind them.</summary>
    private long SourcesUntil(in Request request, Rung rung)
    {
        TimeSpan patience = request.Asked.Timeout ?? _options.Timeout;
        double share = PipelineSteps.SourcesUntil(rung);
        if (patience == Timeout.InfiniteTimeSpan || double.IsPositiveInfinity(share)) return long.MaxValue;
        return request.Started + (long)(patience.TotalSeconds * share * _clock.TimestampFrequency);
    }

    /// <summary>When ranking must end on a rung that has another below it to rank on.</summary>
    private RankDeadline RankUntil(in Request request, Rung rung)
    {
        TimeSpan patience = request.Asked.Timeout ?? _options.Timeout;
        if (patience == Timeout.InfiniteTimeSpan || rung >= Rung.LighterScorer) return default;
        return new RankDeadline(_clock, request.Started + (long)(patience.TotalSeconds * PipelineSteps.RankUntil * _clock.TimestampFrequency));
    }

    /// <summary>Whether more than <paramref name="share"/> of the time is spent.</summary>
    private bool OutOfTime(in Request request, double share)
    {
        TimeSpan patience = request.Asked.Timeout ?? _options.Timeout;
        if (patience == Timeout.InfiniteTimeSpan || double.IsPositiveInfinity(share)) return false;
        return _clock.GetElapsedTime(request.Started).Ticks > patience.Ticks * share;
    }

    private static void Note(List<DegradedReason> reasons, DegradedReason reason)
    {
        if (!reasons.Contains(reason)) reasons.Add(reason);
    }
}

/// <summary>What a decision has pinned at its start.</summary>
internal readonly record struct Request(
    DecideRequest Asked, Surface Surface, Policy Policy, FeatureSnapshot Snapshot, UnixMicros Now, long Started)
{
    /// <summary>Where the policy's candidates come from.</summary>
    internal required CandidatePlan Candidates { get; init; }

    /// <summary>The policy's heads, compiled.</summary>
    internal required RankingPlan Plan { get; init; }

    /// <summary>Indexes of the rows of the snapshot's folder; null where none are kept.</summary>
    internal NeighbourIndexes? Neighbours { get; init; }

    /// <summary>What heads may read from outside.</summary>
    internal ObjectiveTerms Terms { get; init; } = ObjectiveTerms.None;

    /// <summary>The attributes of the request's context that features read: those that are recorded, and no others.</summary>
    internal required ImmutableSortedDictionary<string, string> Context { get; init; }
}
