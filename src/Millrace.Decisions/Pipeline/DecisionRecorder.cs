using System.Collections.Immutable;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Replay;
using Millrace.Features.Numerics;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pipeline;

/// <summary>Writes a decision down: slim always, full for a seeded share within a budget of bytes per second.</summary>
internal sealed class DecisionRecorder(DeciderOptions options)
{
    private readonly Lock _lock = new();
    private long _second;
    private long _spent;

    internal long SlimByBudget { get; private set; }

    internal Decided Record(
        in Request request, Workspace work, RequestSlot[] slots, Rung rung, ulong seed, List<DegradedReason> reasons, ImmutableArray<DecidedSlot> decided)
    {
        DecideRequest asked = request.Asked;
        return new Decided
        {
            Id = asked.DecisionId,
            Tenant = asked.Tenant,
            Time = asked.Time.Value == 0 ? request.Now : asked.Time,
            Surface = asked.Surface,
            Policy = request.Policy.Id,
            Engine = Engine.Number,
            Epoch = request.Snapshot.Epoch,
            Seed = seed,
            Rung = (int)rung,
            Mode = DecideModes.Text(asked.Mode),
            Degraded = [.. reasons.Select(DegradedReasons.Text)],
            Slots = decided,
            CandidateCount = work.Count,
            User = asked.User,
            Session = asked.Session,
            Segment = request.Policy.Segment is { } key && asked.Context.TryGetValue(key, out string? segment) ? segment : null,
            Inputs = Full(request, work, seed) ? Inputs(request, work, slots, rung) : null,
        };
    }

    private bool Full(in Request request, Workspace work, ulong seed)
    {
        // Another stream of the same hash: whether a decision is recorded must not depend on what its draws were.
        if (Philox.ToUnit(StableHash.Mix(seed ^ 0x66756C6C)) >= options.FullShare) return false;
        if (options.FullBytesPerSecond == 0) return true;
        long bytes = work.Count * (32L + (4L * request.Policy.Blend.Count));
        lock (_lock)
        {
            long second = request.Now.Value / Journal.UnixMicros.PerSecond;
            if (second != _second) (_second, _spent) = (second, 0);
            if (_spent + bytes > options.FullBytesPerSecond)
            {
                SlimByBudget++;
                return false;
            }

            _spent += bytes;
            return true;
        }
    }

    private static DecisionInputs Inputs(in Request request, Workspace work, RequestSlot[] slots, Rung rung)
    {
        Policy policy = request.Policy;
        bool scored = rung < Rung.LighterScorer;
        ImmutableArray<string> kinds = policy.AtMost.ContainsKey("kind") ? [.. work.KindsSpan()] : [];
        return new DecisionInputs
        {
            Request = new RecordedRequest([.. slots], kinds, work.User.Position).Write(),
            Now = request.Now,
            Candidates = [.. work.Ids.AsSpan(0, work.Count)],
            Sources = [.. work.Sources.AsSpan(0, work.Count)],
            Providers = [.. work.ProvidersSpan()],
            Features = scored ? [.. policy.Blend.Keys] : [],
            Matrix = scored ? [.. work.Rank.Matrix.AsSpan(0, work.Count * policy.Blend.Count)] : [],
            Pins = [.. policy.Pins.Select(pin => $"{pin.Slot}:{pin.Rank}:{pin.Item}")],
            Skipped = scored ? [] : ["features"],
        };
    }
}
