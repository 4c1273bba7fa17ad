using System.Collections.Concurrent;
using System.Collections.Immutable;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
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
/// <c>new Decider(new DeciderOptions(), clock, () =&gt; folder.Current, userState, new PolicyTable(PolicySet.Create(policies, surfaces, features)), sink)</c>
/// with the <see cref="FeatureSet"/> of the folder; a backtest sets <c>Timeout = InfiniteTimeSpan, FullShare = 0, MaxRemembered = 0</c> and no sink.
/// </summary>
public sealed class Decider
{
    private readonly DeciderOptions _options;
    private readonly TimeProvider _clock;
    private readonly Func<FeatureSnapshot> _features;
    private readonly IUserState _users;
    private readonly PolicyTable _policies;
    private readonly IDecisionSink? _sink;
    private readonly Action<Exception>? _faulted;
    private readonly RememberedDecisions _remembered;
    private readonly DecisionRecorder _recorder;
    private readonly ConcurrentBag<Workspace> _workspaces = [];

    /// <param name="options">Bounds and habits.</param>
    /// <param name="clock">Now, and the time that passes while deciding.</param>
    /// <param name="features">The snapshot in force; called once per decision.</param>
    /// <param name="users">What users did last.</param>
    /// <param name="policies">The policies in force; read once per decision.</param>
    /// <param name="sink">Takes each new decision behind the reply; null keeps no record.</param>
    /// <param name="faulted">Told of an exception that made a decision go down the ladder; null when nobody wants to know.</param>
    public Decider(
        DeciderOptions options,
        TimeProvider clock,
        Func<FeatureSnapshot> features,
        IUserState users,
        PolicyTable policies,
        IDecisionSink? sink = null,
        Action<Exception>? faulted = null)
    {
        _options = options;
        _clock = clock;
        _features = features;
        _users = users;
        _policies = policies;
        _sink = sink;
        _faulted = faulted;
        _remembered = new RememberedDecisions(options.Remember, options.MaxRemembered);
        _recorder = new DecisionRecorder(options);
    }

    /// <summary>Answers that were forgotten before their ten minutes because the bound was hit.</summary>
    public long ForgottenEarly => _remembered.ForgottenEarly;

    /// <summary>Decisions recorded slim because the byte budget of full records was spent.</summary>
    public long SlimByBudget => _recorder.SlimByBudget;

    /// <summary>Decides. The answer's <see cref="Decided.Inputs"/> are present on full records only, and never on an answer given again.</summary>
    /// <exception cref="UnknownSurfaceException">No such surface.</exception>
    /// <exception cref="DecisionConflictException">The decision id was used by another request.</exception>
    public Decided Decide(DecideRequest request)
    {
        long started = _clock.GetTimestamp();
        UnixMicros now = UnixMicros.Now(_clock);
        PolicySet policies = _policies.Current;
        var (surface, policy) = policies.Find(request.Surface) ?? throw new UnknownSurfaceException(request.Surface);
        ulong fingerprint = _remembered.Enabled ? RememberedDecisions.Fingerprint(request) : 0;
        if (_remembered.Enabled && _remembered.Find(request, fingerprint, now) is { } before) return before;

        if (!_workspaces.TryTake(out Workspace? work)) work = new Workspace();
        Decided answer = Answer(new Request(request, surface, policy, policies.Features, _features(), now, started), work);
        _workspaces.Add(work);

        Decided kept = _remembered.Enabled ? _remembered.Keep(request, fingerprint, answer, now) : answer;
        if (ReferenceEquals(kept, answer)) _sink?.Write(answer);
        return kept;
    }

    /// <summary>The answer given under this id within the last minutes, slim; null when it is not remembered.</summary>
    public Decided? Recall(string tenant, string decisionId) => _remembered.Recall(tenant, decisionId);

    /// <summary>Goes down the ladder until a rung has something to show.</summary>
    private Decided Answer(in Request request, Workspace work)
    {
        RequestSlot[] slots = request.Asked.Slots.IsDefault ? [.. request.Surface.Slots.Select(RequestSlot.Of)] : [.. request.Asked.Slots];
        var reasons = new List<DegradedReason>();
        if (request.Now - request.Snapshot.Time > _options.Staleness) reasons.Add(DegradedReason.StaleFeatures);
        ulong seed = StableHash.Of(request.Asked.DecisionId);
        for (Rung rung = Rung.Full; ; rung++)
        {
            ImmutableArray<DecidedSlot> decided = Attempt(request, work, slots, rung, seed, reasons);
            bool last = rung == Rung.GlobalList;
            if (decided.IsDefault && !last) continue;
            if (decided.IsDefault) decided = [.. slots.Select(slot => new DecidedSlot(slot.Id, []))];
            else if (decided.Sum(slot => slot.Items.Length) < slots.Sum(slot => slot.Count)) Note(reasons, DegradedReason.ShortSlate);
            return _recorder.Record(request, work, slots, rung, seed, reasons, decided);
        }
    }

    /// <summary>The steps of one rung; default when the next rung must be tried, with the reason noted.</summary>
    private ImmutableArray<DecidedSlot> Attempt(
        in Request request, Workspace work, RequestSlot[] slots, Rung rung, ulong seed, List<DegradedReason> reasons)
    {
        var failing = DegradedReason.CandidatesFailed;
        try
        {
            // Once time is up, the way down is to the lists: they are ready made.
            if (rung < Rung.SegmentList && OutOfTime(request, reasons)) return default;
            UserView user = _users.Read(request.Asked.Tenant, request.Asked.User, request.Asked.Session, request.Now);
            work.User = user;
            work.Begin(request.Snapshot, request.Now, rung == Rung.FewerCandidates ? _options.FewerCandidates : _options.MaxCandidates);
            CandidateGatherer.Gather(work, request.Asked, request.Policy, request.Snapshot, user, rung, slots);
            if (work.Count <= (rung == Rung.GlobalList ? 0 : work.Pinned) && request.Asked.Mode == DecideMode.Online)
            {
                Note(reasons, rung == Rung.GlobalList ? DegradedReason.EmptyCatalogue : DegradedReason.NoCandidates);
                return default;
            }

            failing = DegradedReason.FeaturesFailed;
            if (rung < Rung.LighterScorer)
            {
                if (OutOfTime(request, reasons)) return default;
                FeatureMatrix.Read(work, request.Asked, request.Policy, request.Features, request.Snapshot, user);
                if (OutOfTime(request, reasons)) return default;
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

    private bool OutOfTime(in Request request, List<DegradedReason> reasons)
    {
        TimeSpan patience = request.Asked.Timeout ?? _options.Timeout;
        if (patience == Timeout.InfiniteTimeSpan || _clock.GetElapsedTime(request.Started) <= patience) return false;
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
    DecideRequest Asked, Surface Surface, Policy Policy, FeatureSet Features, FeatureSnapshot Snapshot, UnixMicros Now, long Started);
