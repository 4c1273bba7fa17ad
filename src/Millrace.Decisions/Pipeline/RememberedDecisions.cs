using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Decisions.Pipeline;

/// <summary>Answers by decision id, for ten minutes: the same request again gets the same answer, another request a conflict.</summary>
internal sealed class RememberedDecisions(TimeSpan remember, int most)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Id), (ulong Request, Decided Answer)> _answers = [];
    private readonly Queue<((string Tenant, string Id) Key, UnixMicros Time)> _byAge = new();

    /// <summary>How many answers were forgotten before their time because the bound was hit.</summary>
    internal long ForgottenEarly { get; private set; }

    internal bool Enabled => most > 0;

    /// <summary>The answer given before; null when there was none.</summary>
    /// <exception cref="DecisionConflictException">The id belongs to another request.</exception>
    internal Decided? Find(DecideRequest request, ulong fingerprint, UnixMicros now)
    {
        lock (_lock)
        {
            Forget(now);
            return Known(request, fingerprint);
        }
    }

    /// <summary>The answer under this id, whatever the request was.</summary>
    internal Decided? Recall(string tenant, string id)
    {
        lock (_lock)
        {
            return _answers.TryGetValue((tenant, id), out var known) ? known.Answer : null;
        }
    }

    /// <summary>Remembers the answer, unless one was remembered meanwhile, which is then returned.</summary>
    internal Decided Keep(DecideRequest request, ulong fingerprint, Decided answer, UnixMicros now)
    {
        lock (_lock)
        {
            if (Known(request, fingerprint) is { } first) return first;
            _answers.Add((request.Tenant, request.DecisionId), (fingerprint, answer with { Inputs = null }));
            _byAge.Enqueue(((request.Tenant, request.DecisionId), now));
            Forget(now);
            return answer;
        }
    }

    /// <summary>A hash of all that the request says.</summary>
    internal static ulong Fingerprint(DecideRequest request)
    {
        ulong hash = StableHash.Of(request.Surface);
        hash = StableHash.Of(request.User ?? "\0", hash);
        hash = StableHash.Of(request.Session ?? "\0", hash);
        hash = StableHash.Mix(hash ^ (ulong)request.Mode ^ (ulong)request.Time.Value);
        foreach (var (key, value) in request.Context) hash = StableHash.Of(value, StableHash.Of(key, hash));
        if (!request.Candidates.IsDefault)
        {
            hash = StableHash.Mix(hash + 1);
            foreach (RequestCandidate candidate in request.Candidates)
            {
                hash = StableHash.Of(candidate.Item, hash);
                foreach (var (name, value) in candidate.Features) hash = StableHash.Mix(StableHash.Of(name, hash) ^ BitConverter.SingleToUInt32Bits(value));
            }
        }

        hash = Fold(request.Exclude, StableHash.Mix(hash + 2));
        if (request.Slots.IsDefault) return hash;
        foreach (RequestSlot slot in request.Slots) hash = Fold(slot.Baseline, StableHash.Mix(StableHash.Of(slot.Id, hash) ^ (ulong)slot.Count));
        return hash;
    }

    private static ulong Fold(ImmutableArray<string> texts, ulong hash)
    {
        foreach (string text in texts) hash = StableHash.Of(text, hash);
        return hash;
    }

    private Decided? Known(DecideRequest request, ulong fingerprint)
    {
        if (!_answers.TryGetValue((request.Tenant, request.DecisionId), out var known)) return null;
        return known.Request == fingerprint ? known.Answer : throw new DecisionConflictException(request.DecisionId);
    }

    private void Forget(UnixMicros now)
    {
        while (_byAge.TryPeek(out var oldest))
        {
            bool old = now - oldest.Time > remember;
            if (!old && _byAge.Count <= most) return;
            if (!old) ForgottenEarly++;
            _byAge.Dequeue();
            _answers.Remove(oldest.Key);
        }
    }
}
