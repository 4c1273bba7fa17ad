using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pipeline;

/// <summary>
/// Answers by decision id, for ten minutes: the same request again gets the same answer, another request a conflict. Bounded in bytes: beyond it the
/// oldest answers go early, and a repeat is then decided anew; a conflict is still known by <see cref="RecalledDecisions"/>.
/// </summary>
internal sealed class RememberedDecisions(TimeSpan remember, long mostBytes, RecalledDecisions recalled)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Id), (ulong Request, Decided Answer)> _answers = [];
    private readonly Queue<((string Tenant, string Id) Key, UnixMicros Time, int Bytes)> _byAge = new();
    private long _bytes;
    private long _forgottenEarly;

    /// <summary>How many answers were forgotten before their time because the bound was hit.</summary>
    internal long ForgottenEarly => Interlocked.Read(ref _forgottenEarly);

    /// <summary>Bytes of the answers remembered now, as <see cref="BytesOf"/> estimates them.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    internal bool Enabled => mostBytes > 0;

    /// <summary>The answer given before; null when there was none, or it is forgotten.</summary>
    /// <exception cref="DecisionConflictException">The id belongs to another request.</exception>
    internal Decided? Find(DecideRequest request, ulong fingerprint, UnixMicros now)
    {
        lock (_lock)
        {
            Forget(now);
            if (Known(request, fingerprint) is { } answer) return answer;
        }

        return recalled.Request(request.Tenant, request.DecisionId, now - remember) is { } other && other != fingerprint
            ? throw new DecisionConflictException(request.DecisionId)
            : null;
    }

    /// <summary>Remembers the answer, unless one was remembered meanwhile, which is then returned.</summary>
    internal Decided Keep(DecideRequest request, ulong fingerprint, Decided answer, UnixMicros now)
    {
        Decided slim = answer with { Inputs = null };
        int bytes = BytesOf(slim);
        lock (_lock)
        {
            if (Known(request, fingerprint) is { } first) return first;
            _answers.Add((request.Tenant, request.DecisionId), (fingerprint, slim));
            _byAge.Enqueue(((request.Tenant, request.DecisionId), now, bytes));
            Interlocked.Add(ref _bytes, bytes);
            Forget(now);
        }

        recalled.Keep(fingerprint, slim, now);
        return answer;
    }

    /// <summary>Forgets the answers that these persons were given. Looks at every answer.</summary>
    internal void Forget(string tenant, IEnumerable<string> subjects)
    {
        HashSet<string> persons = new(subjects, StringComparer.Ordinal);
        lock (_lock)
        {
            // Their bytes are given back when their time is over, as those of any other.
            foreach (var (key, (_, answer)) in _answers)
            {
                if (key.Tenant == tenant && answer.Subject is { } subject && persons.Contains(subject)) _answers.Remove(key);
            }
        }

        recalled.Forget(tenant, persons);
    }

    /// <summary>What an answer weighs: its object, its texts, its items and its place here; item ids are the catalogue's, where it has them.</summary>
    internal static int BytesOf(Decided answer)
    {
        const int fixedBytes = 400;
        const int itemBytes = 48;
        int bytes = fixedBytes + (2 * (answer.Id.Length + (answer.User?.Length ?? 0) + (answer.Session?.Length ?? 0) + (answer.Segment?.Length ?? 0)))
            + DecisionContext.BytesOf(answer.Context);
        foreach (string quota in answer.Relaxed) bytes += 32 + (2 * quota.Length);
        foreach (DecidedSlot slot in answer.Slots) bytes += 80 + (itemBytes * slot.Items.Length);
        return bytes;
    }

    /// <summary>A hash of all that the request says, save how long it would wait.</summary>
    internal static ulong Fingerprint(DecideRequest request)
    {
        ulong hash = StableHash.Of(request.Surface);
        hash = StableHash.Of(request.User ?? "\0", hash);
        hash = StableHash.Of(request.Session ?? "\0", hash);
        hash = StableHash.Mix(hash ^ (ulong)request.Mode ^ (ulong)request.Time.Value);
        foreach (var (key, value) in request.Context)
        {
            // Where it came from a zone, it may be another for the same request a moment later.
            if (key == ContextAttributes.UtcOffset && request.Context.ContainsKey(ContextAttributes.TimeZone)) continue;
            hash = StableHash.Of(value, StableHash.Of(key, hash));
        }

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
        if (request.Constraints is { } constraints) hash = Fold(constraints, StableHash.Mix(hash + 3));
        if (request.Slots.IsDefault) return hash;
        foreach (RequestSlot slot in request.Slots) hash = Fold(slot.Baseline, StableHash.Mix(StableHash.Of(slot.Id, hash) ^ (ulong)slot.Count));
        return hash;
    }

    /// <summary>Quotas in their order: it says which gives way first. Each member has a place of its own, so that no two requests make the same numbers.</summary>
    private static ulong Fold(SlateConstraints constraints, ulong hash)
    {
        foreach (var (attribute, most) in constraints.AtMost) hash = StableHash.Mix(StableHash.Of(attribute, hash) ^ (ulong)most);
        hash = StableHash.Mix(hash + 4);
        foreach (Quota quota in constraints.AtLeast)
        {
            hash = StableHash.Of(quota.Value ?? "\0", StableHash.Of(quota.Attribute ?? "\0", hash));
            hash = StableHash.Mix(hash ^ (ulong)(quota.Fresh?.Ticks ?? -1));
            hash = StableHash.Mix(hash ^ (ulong)quota.Least);
            hash = StableHash.Mix(hash ^ BitConverter.DoubleToUInt64Bits(quota.Share));
            hash = StableHash.Mix(hash ^ (ulong)(quota.Top ?? -1));
        }

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
            if (!old && _bytes <= mostBytes) return;
            if (!old) Interlocked.Increment(ref _forgottenEarly);
            _byAge.Dequeue();
            _answers.Remove(oldest.Key);
            Interlocked.Add(ref _bytes, -oldest.Bytes);
        }
    }
}
