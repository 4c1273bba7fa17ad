using System.Collections.Concurrent;
using System.Collections.Immutable;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
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
    private readonly RememberedDecisions _remembered;
    private readonly RecalledDecisions _recalled;
    private readonly DecisionRecorder _recorder;
    private readonly DecisionMeters? _meters;
    private readonly ConcurrentBag<Workspace> _workspaces = [];

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
        _recalled = new RecalledDecisions(TimeSpan.FromHours(24), options.MaxRecalled);
        _remembered = new RememberedDecisions(options.Remember, options.RememberedBytes, _recalled);
        _recorder = new DecisionRecorder(options);
        _meters = meters;
        meters?.Watch(this);
    }

    /// <summary>Answers that were forgotten before their ten minutes because the bound was hit.</summary>
    public long ForgottenEarly => _remembered.ForgottenEarly;

    /// <summary>Contexts that were forgotten within their day because the bound was hit; their events take them from the journal.</summary>
    public long ContextsForgottenEarly => _recalled.ForgottenEarly;

    /// <summary>Bytes of the answers that are remembered.</summary>
    public long RememberedBytes => _remembered.Bytes;

    /// <summary>Decisions recorded slim because the byte budget of full records was spent.</summary>
    public long SlimByBudget => _recorder.SlimByBudget;

    /// <summary>Decides. The answer's <see cref="Decided.Inputs"/> are present on full records only, and never on an answer given again.</summary>
    /// <exception cref="UnknownSurfaceException">No such surface.</exception>
    /// <exception cref="DecisionConflictException">The decision id was used by another request.</exception>
    public Decided Decide(DecideRequest request)
    {
        long started = _clock.GetTimestamp();
        UnixMicros now = UnixMicros.Now(_clock);
        ulong fingerprint = _remembered.Enabled ? RememberedDecisions.Fingerprint(request) : 0;
        if (_remembered.Enabled && _remembered.Find(request, fingerprint, now) is { } before)
        {
            _meters?.Repeated();
            return before;
        }

        Decided answer = Take(request, started, now);
        Decided kept = _remembered.Enabled ? _remembered.Keep(request, fingerprint, answer, now) : answer;
        if (!ReferenceEquals(kept, answer))
        {
            _meters?.Repeated();
            return kept;
        }

        _sink?.Write(answer);
        _meters?.Answered(answer, _clock.GetElapsedTime(started));
        return answer;
    }

    /// <summary>Where and for whom the decision of this id was taken, within the last day; null when it is not known here, though the journal may know.</summary>
    public DecisionContext? Recall(string tenant, string decisionId) => _recalled.Context(tenant, decisionId);

    /// <summary>Forgets what these persons, users or sessions, were answered and for whom that was; decisions under way may be remembered after it.</summary>
    public void Forget(string tenant, IEnumerable<string> subjects) => _remembered.Forget(tenant, subjects);

    private Decided Take(DecideRequest request, long started, UnixMicros now)
    {
        var serving = _serving.Current;
        var (surface, policy) = serving.Policies.Find(request.Surface) ?? throw new UnknownSurfaceException(request.Surface);
        if (!_workspaces.TryTake(out Workspace? work)) work = new Workspace();
        var reasons = new List<DegradedReason>();
        var snapshot = ReadPerson(serving, request, work, reasons);
        Decided answer = Answer(new Request(request, surface, policy, snapshot, now, started)
        {
            Context = ContextAttributes.Keep(request.Context, snapshot.Features.ContextKeys),
        }, work, reasons);
        _workspaces.Add(work);
        return answer;
    }

    /// <summary>
    /// Pins a snapshot, and reads the person while it is in force: what the person's state folds then lies between this epoch's cut and the next one's, so that whoever
    /// builds the features again can tell which facts it holds.
    /// </summary>
    private FeatureSnapshot ReadPerson(Serving serving, DecideRequest request, Workspace work, List<DegradedReason> reasons)
    {
        var snapshot = serving.Snapshot();
        work.Person.Clear();
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

    /// <summary>Goes down the ladder until a rung answers.</summary>
    private Decided Answer(in Request request, Workspace work, List<DegradedReason> reasons)
    {
        RequestSlot[] slots = request.Asked.Slots.IsDefault ? [.. request.Surface.Slots.Select(RequestSlot.Of)] : [.. request.Asked.Slots];
        if (request.Now - request.Snapshot.Time > _options.Staleness) reasons.Add(DegradedReason.StaleFeatures);
        ulong seed = DecisionSeeds.Of(request.Asked, request.Now, _options.SeedSalt.Span);
        Rung rung = Rung.Full;
        while (true)
        {
            ImmutableArray<DecidedSlot> decided = Attempt(request, work, slots, rung, seed, reasons, out Rung below);
            if (decided.IsDefault && rung < Rung.GlobalList)
            {
                rung = below;
                continue;
            }

            if (!decided.IsDefault) NoteShortfall(slots, decided, work, reasons);
            return _recorder.Record(request, work, slots, rung, seed, reasons, decided);
        }
    }

    /// <summary>The steps of one rung; default when a lower one must be tried, with the reason noted.</summary>
    private ImmutableArray<DecidedSlot> Attempt(
        in Request request, Workspace work, RequestSlot[] slots, Rung rung, ulong seed, List<DegradedReason> reasons, out Rung below)
    {
        below = rung + 1;
        var failing = DegradedReason.CandidatesFailed;
        try
        {
            // Emptied before anything can fail: a record must never hold the candidates of the decision before.
            work.Begin(request.Snapshot, request.Now, rung == Rung.FewerCandidates ? _options.FewerCandidates : _options.MaxCandidates);
            if (OutOfTime(request, Rungs.Share(rung), reasons)) return default;
            if (rung == Rung.SegmentList && !CandidateGatherer.HasSegmentList(request.Asked, request.Policy, request.Snapshot)) return default;
            CandidateGatherer.Gather(work, request.Asked, request.Policy, request.Snapshot, request.Now, rung, slots);
            if (request.Asked.Mode == DecideMode.Online && FoundNothing(request, work, rung, reasons))
            {
                below = Rung.SegmentList > rung ? Rung.SegmentList : rung + 1;
                return default;
            }

            failing = DegradedReason.FeaturesFailed;
            work.ReadSlate(request.Policy, request.Asked.Constraints);
            if (rung < Rung.LighterScorer)
            {
                if (OutOfTime(request, Rungs.Share(rung), reasons)) return default;
                FeatureMatrix.Read(work, request);
                if (OutOfTime(request, 1, reasons)) return default;
            }

            failing = DegradedReason.RankingFailed;
            return Ranker.Rank(work.Problem(request.Policy, slots, rung, request.Asked.Mode, seed), work.Rank);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _faulted?.Invoke(fault);
            Note(reasons, failing);
            return default;
        }
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
        if (work.Count > (last ? 0 : work.Pinned)) return false;
        if (rung != Rung.SegmentList) Note(reasons, last ? DegradedReason.EmptyCatalogue : DegradedReason.NoCandidates);
        return true;
    }

    private static void NoteShortfall(RequestSlot[] slots, ImmutableArray<DecidedSlot> decided, Workspace work, List<DegradedReason> reasons)
    {
        if (work.Rank.PinMoved) Note(reasons, DegradedReason.PinMoved);
        if (work.Rank.Relaxed.Count > 0) Note(reasons, DegradedReason.ConstraintsRelaxed);
        bool isShort = decided.Sum(slot => slot.Items.Length) < slots.Sum(slot => slot.Count);
        if (isShort && !reasons.Contains(DegradedReason.NoCandidates)) Note(reasons, DegradedReason.ShortSlate);
    }

    /// <summary>Whether more than <paramref name="share"/> of the time is spent.</summary>
    private bool OutOfTime(in Request request, double share, List<DegradedReason> reasons)
    {
        TimeSpan patience = request.Asked.Timeout ?? _options.Timeout;
        if (patience == Timeout.InfiniteTimeSpan || double.IsPositiveInfinity(share)) return false;
        if (_clock.GetElapsedTime(request.Started).Ticks <= patience.Ticks * share) return false;
        Note(reasons, DegradedReason.Timeout);
        return true;
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
    /// <summary>The attributes of the request's context that features read: those that are recorded, and no others.</summary>
    internal required ImmutableSortedDictionary<string, string> Context { get; init; }
}
