using Millrace.World;
using Millrace.World.Audience;

namespace Millrace.WorldRuns;

/// <summary>One view of a visit.</summary>
/// <param name="Visit">The visit.</param>
/// <param name="Number">The 0-based view of the visit.</param>
/// <param name="Time">When, from the world's start.</param>
internal readonly record struct WorldView(Visit Visit, int Number, TimeSpan Time);

/// <summary>The views of all visits, which overlap, in order of time.</summary>
internal static class WorldViews
{
    /// <summary>Without end.</summary>
    public static IEnumerable<WorldView> InOrder(SyntheticWorld world)
    {
        // Of equal times the earlier visit goes first: a queue by time alone does not say.
        var waiting = new PriorityQueue<WorldView, (TimeSpan, int)>();
        foreach (var visit in world.Population.Visits())
        {
            while (waiting.TryPeek(out var next, out _) && next.Time <= visit.Arrives)
            {
                yield return Take(world, waiting);
            }

            waiting.Enqueue(new WorldView(visit, 0, visit.Arrives), (visit.Arrives, visit.Index));
        }
    }

    private static WorldView Take(SyntheticWorld world, PriorityQueue<WorldView, (TimeSpan, int)> waiting)
    {
        var view = waiting.Dequeue();
        if (view.Number + 1 < view.Visit.Views)
        {
            var time = view.Time + world.Population.ThinkBefore(view.Visit, view.Number + 1);
            waiting.Enqueue(new WorldView(view.Visit, view.Number + 1, time), (time, view.Visit.Index));
        }

        return view;
    }
}
