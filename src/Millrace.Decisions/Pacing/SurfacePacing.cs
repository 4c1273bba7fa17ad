using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pacing;

/// <summary>The controllers of a policy's paces on one surface. Safe from any thread: one lock, held for some tens of nanoseconds, since a slate teaches all of them at once.</summary>
internal sealed class SurfacePacing
{
    private readonly Lock _lock = new();
    private readonly PaceController[] _controllers;

    /// <param name="paces">The policy's.</param>
    /// <param name="before">What the surface's controllers have learnt under an earlier version of it; null for nothing.</param>
    /// <param name="now">When they are made: they are not to be the first to make room for others before any slate was told to them.</param>
    internal SurfacePacing(ImmutableArray<Pace> paces, SurfacePacing? before, UnixMicros now)
    {
        (Paces, Last) = (paces, now);
        _controllers = [.. paces.Select(pace => new PaceController(pace))];
        if (before is null) return;
        lock (before._lock)
        {
            foreach (PaceController controller in _controllers)
            {
                if (Array.Find(before._controllers, other => other.Pace.Name == controller.Pace.Name) is { } same) controller.Continue(same);
            }

            if (before.Last > now) Last = before.Last;
        }
    }

    internal ImmutableArray<Pace> Paces { get; }

    /// <summary>When it was last told of a slate, or made.</summary>
    internal UnixMicros Last { get; private set; }

    /// <summary>The bonus in force for each pace.</summary>
    internal void Read(Span<double> bonuses)
    {
        lock (_lock)
        {
            for (int i = 0; i < _controllers.Length; i++) bonuses[i] = _controllers[i].Bonus;
        }
    }

    /// <summary>Learns from one slate.</summary>
    internal void Observe(ReadOnlySpan<PacedPlaces> placed, double spread, UnixMicros now)
    {
        lock (_lock)
        {
            for (int i = 0; i < _controllers.Length; i++) _controllers[i].Observe(placed[i], spread, now);
            if (now > Last) Last = now;
        }
    }

    /// <summary>Where each pace is.</summary>
    internal ImmutableArray<(Pace Pace, double Bonus, double? Share)> State()
    {
        lock (_lock)
        {
            return [.. _controllers.Select(controller => (controller.Pace, controller.Bonus, controller.Share))];
        }
    }
}
