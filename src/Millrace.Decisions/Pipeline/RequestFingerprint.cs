using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pipeline;

/// <summary>By what two requests of one id are told apart.</summary>
internal static class RequestFingerprint
{
    /// <summary>A hash of all that the request says, save how long it would wait.</summary>
    internal static ulong Of(DecideRequest request)
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
}
