using System.Collections.Concurrent;
using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pacing;

/// <summary>
/// The controllers of a node, by tenant, surface and policy; they begin with nothing when the node does. Bounded: the one that has not been told of a slate for longest
/// makes room, and starts anew when it is asked again. Safe from any thread.
/// </summary>
internal sealed class PacingTable(int most = PacingTable.Most)
{
    /// <summary>Surfaces with paces that are held at once; about 1 KiB each.</summary>
    internal const int Most = 1000;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<PacedSurface, SurfacePacing> _surfaces = new();
    private long _forgotten;

    /// <summary>How many were forgotten because the bound was hit.</summary>
    internal long Forgotten => Interlocked.Read(ref _forgotten);

    /// <summary>The controllers of a policy that has paces; what they learnt under an earlier version of it stays.</summary>
    internal SurfacePacing Of(string tenant, string surface, Policy policy, UnixMicros now)
    {
        var key = new PacedSurface(tenant, surface, policy.Name);
        return _surfaces.TryGetValue(key, out SurfacePacing? found) && Serves(found, policy) ? found : Make(key, policy, now);
    }

    /// <summary>All that are held, with where their paces are.</summary>
    internal IEnumerable<(PacedSurface Surface, Pace Pace, double Bonus, double? Share)> Readings() =>
        from entry in _surfaces
        from state in entry.Value.State()
        select (entry.Key, state.Pace, state.Bonus, state.Share);

    // A policy object is one version: its array is the same one for every decision.
    private static bool Serves(SurfacePacing pacing, Policy policy) => pacing.Paces == policy.Pacing || pacing.Paces.AsSpan().SequenceEqual(policy.Pacing.AsSpan());

    private SurfacePacing Make(PacedSurface key, Policy policy, UnixMicros now)
    {
        lock (_lock)
        {
            _surfaces.TryGetValue(key, out SurfacePacing? before);
            if (before is not null && Serves(before, policy)) return before;
            if (before is null && _surfaces.Count >= most)
            {
                _surfaces.TryRemove(_surfaces.MinBy(static entry => entry.Value.Last.Value).Key, out _);
                Interlocked.Increment(ref _forgotten);
            }

            return _surfaces[key] = new SurfacePacing(policy.Pacing, before, now);
        }
    }
}

/// <summary>Whose paces: those of one policy on one surface, for one tenant.</summary>
internal readonly record struct PacedSurface(string Tenant, string Surface, string Policy);
