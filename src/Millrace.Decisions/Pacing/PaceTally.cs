using System.Numerics;
using Millrace.Decisions.Exploration;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pacing;

/// <summary>Pacing of one decision under way: the bonuses that were in force when it began, and what its slate placed. Kept for the next; not thread-safe.</summary>
internal sealed class PaceTally
{
    private readonly double[] _bonuses = new double[Pace.MostOfPolicy];
    private readonly PacedPlaces[] _placed = new PacedPlaces[Pace.MostOfPolicy];
    private SurfacePacing? _pacing;
    private double _spread;

    /// <summary>The bonus of each pace.</summary>
    internal ReadOnlySpan<double> Bonuses => _bonuses.AsSpan(0, _pacing?.Paces.Length ?? 0);

    /// <summary>Reads the bonuses, once for all rungs.</summary>
    /// <param name="pacing">The surface's controllers; null where the policy has none.</param>
    internal void Begin(SurfacePacing? pacing)
    {
        _pacing = pacing;
        if (pacing is null) return;
        pacing.Read(_bonuses);
        Array.Clear(_placed);
    }

    /// <summary>Counts a slate that was drawn.</summary>
    /// <param name="paced">By candidate, bit j: it counts for pace j.</param>
    /// <param name="pins">By place, −1 where none is pinned.</param>
    /// <param name="slate">By place.</param>
    /// <param name="spread">Of utilities; null where places were filled by a list, in which no bonus has a part.</param>
    internal void Count(ReadOnlySpan<byte> paced, ReadOnlySpan<int> pins, ReadOnlySpan<Placement> slate, double? spread)
    {
        if (_pacing is not { } pacing) return;
        _spread = spread ?? 0;
        Span<int> inGroup = stackalloc int[Pace.MostOfPolicy];
        Span<int> candidates = stackalloc int[Pace.MostOfPolicy];
        inGroup.Clear();
        candidates.Clear();
        int places = 0;
        int open = paced.Length;
        foreach (byte bits in paced) Add(bits, 1, candidates);
        for (int place = 0; place < slate.Length; place++)
        {
            int candidate = slate[place].Candidate;
            if (candidate < 0) continue;
            if (pins[place] == candidate)
            {
                open--;
                Add(paced[candidate], -1, candidates);
                continue;
            }

            places++;
            Add(paced[candidate], 1, inGroup);
        }

        for (int j = 0; j < pacing.Paces.Length; j++)
        {
            _placed[j] = spread is null
                ? new PacedPlaces(places, inGroup[j], inGroup[j], inGroup[j])
                : new PacedPlaces(places, inGroup[j], Math.Max(0, places - (open - candidates[j])), Math.Min(places, candidates[j]));
        }
    }

    /// <summary>Tells the controllers what was counted.</summary>
    internal void Tell(UnixMicros now) => _pacing?.Observe(_placed, _spread, now);

    private static void Add(byte bits, int count, Span<int> counts)
    {
        for (uint left = bits; left != 0; left &= left - 1) counts[BitOperations.TrailingZeroCount(left)] += count;
    }
}
