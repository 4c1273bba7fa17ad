using System.Collections.Immutable;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Replay;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pipeline;

/// <summary>Writes a decision down: slim always, full for a seeded share within a budget of bytes per second.</summary>
internal sealed class DecisionRecorder(DeciderOptions options)
{
    /// <summary>The step that reads features, as records name it when it was skipped.</summary>
    internal const string Features = "features";

    /// <summary>The step that ranks: skipped when nothing could be ranked, on any rung.</summary>
    internal const string Ranking = "ranking";

    // Of an item that was left out nothing but its id is kept.
    private const long BytesPerId = 12;

    private readonly Lock _lock = new();
    private long _second;
    private long _spent;
    private long _slimByBudget;

    internal long SlimByBudget => Interlocked.Read(ref _slimByBudget);

    /// <param name="request">What was asked, and when.</param>
    /// <param name="work">The candidates of the rung that answered.</param>
    /// <param name="slots">The slots to fill.</param>
    /// <param name="rung">The rung that answered.</param>
    /// <param name="seed">What the draws came from.</param>
    /// <param name="reasons">Why the answer is less than it could be.</param>
    /// <param name="decided">The slate; default when nothing was ranked, and the slots stay empty.</param>
    internal Decided Record(
        in Request request,
        Workspace work,
        RequestSlot[] slots,
        Rung rung,
        ulong seed,
        List<DegradedReason> reasons,
        ImmutableArray<DecidedSlot> decided)
    {
        DecideRequest asked = request.Asked;
        return new Decided
        {
            Id = asked.DecisionId,
            Tenant = asked.Tenant,
            Time = asked.Time.Value == 0 ? request.Now : asked.Time,
            Received = request.Now,
            Asked = request.Now,
            Surface = asked.Surface,
            Policy = request.Policy.Id,
            Model = decided.IsDefault || rung >= Rung.LighterScorer ? null : request.Plan.Model,
            Engine = Engine.Number,
            Epoch = request.Snapshot.Epoch,
            Seed = seed,
            Rung = (int)rung,
            Mode = DecideModes.Text(asked.Mode),
            Degraded = [.. reasons.Select(DegradedReasons.Text)],
            Relaxed = decided.IsDefault ? [] : [.. work.Rank.Relaxed],
            Slots = decided.IsDefault ? [.. slots.Select(slot => new DecidedSlot(slot.Id, []))] : decided,
            Propensities = PropensityKind.Conditional,
            CandidateCount = work.Count,
            User = asked.User,
            Session = asked.Session,
            Segment = request.Policy.Segment is { } key && asked.Context.TryGetValue(key, out string? segment) ? segment : null,
            Context = request.Context,
            UserAhead = Ahead(work.Person.Folded, request.Snapshot),
            Inputs = Full(request, work, seed) ? Inputs(request, work, slots, rung, ranked: !decided.IsDefault) : null,
        };
    }

    /// <summary>Per partition of events, how far the person's state was ahead of the epoch's cut.</summary>
    private static ImmutableArray<long> Ahead(ReadOnlySpan<long> folded, FeatureSnapshot snapshot)
    {
        var ahead = ImmutableArray.CreateBuilder<long>(folded.Length);
        for (var partition = 0; partition < folded.Length; partition++)
        {
            ahead.Add(folded[partition] - snapshot.NextEvent(partition));
        }

        return ahead.MoveToImmutable();
    }

    private bool Full(in Request request, Workspace work, ulong seed)
    {
        // Another stream of the same hash: whether a decision is recorded must not depend on what its draws were.
        if (Philox.ToUnit(StableHash.Mix(seed ^ 0x66756C6C)) >= options.FullShare) return false;
        if (options.FullBytesPerSecond == 0) return true;
        long bytes = work.Count * (32L + (4L * request.Plan.Columns.Length) + (8L * request.Plan.Terms.Length) + work.Slate.BytesEach);
        bytes += (work.Wide.Count - work.Wide.Kept) * BytesPerId;
        lock (_lock)
        {
            long second = request.Now.Value / Journal.UnixMicros.PerSecond;
            if (second != _second) (_second, _spent) = (second, 0);
            if (_spent + bytes > options.FullBytesPerSecond)
            {
                Interlocked.Increment(ref _slimByBudget);
                return false;
            }

            _spent += bytes;
            return true;
        }
    }

    private static DecisionInputs Inputs(in Request request, Workspace work, RequestSlot[] slots, Rung rung, bool ranked)
    {
        Policy policy = request.Policy;
        bool scored = ranked && rung < Rung.LighterScorer;
        FeatureSnapshot snapshot = request.Snapshot;
        RecordedSlate slate = ranked ? RecordedSlate.Of(work.Slate) : RecordedSlate.None;
        return new DecisionInputs
        {
            Request = new RecordedRequest([.. slots], slate, scored ? RecordedTerms.Of(request.Plan, work.Rank.Terms, work.Count) : RecordedTerms.None).Write(),
            Now = request.Now,
            Candidates = [.. work.Ids.AsSpan(0, work.Count)],
            Sources = [.. work.Sources.AsSpan(0, work.Count)],
            Providers = [.. work.ProvidersSpan()],
            Features = scored ? request.Plan.Columns : [],
            Matrix = scored ? [.. work.Rank.Matrix.AsSpan(0, work.Count * request.Plan.Columns.Length)] : [],
            Given = scored ? [.. work.Given] : [],
            Pins = [.. PinTexts(policy)],
            LeftOut = [.. work.Wide.LeftOut(snapshot).Select(row => snapshot.Item(row).Id)],
            Skipped = scored ? [] : ranked ? [Features] : [Features, Ranking],
        };
    }

    /// <summary>The policy's pins as a full record holds them.</summary>
    internal static IEnumerable<string> PinTexts(Policy policy) => policy.Pins.Select(pin => $"{pin.Slot}:{pin.Rank}:{pin.Item}");
}
