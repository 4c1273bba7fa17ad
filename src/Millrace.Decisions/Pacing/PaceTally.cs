using System.Numerics;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Reranking;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pacing;

/// <summary>Pacing of one decision under way: the bonuses that were in force when it began, and what its slate placed. Kept for the next; not thread-safe.</summary>
internal sealed class PaceTally
{
    private readonly double[] _bonuses = new double[Pace.MostOfPolicy];
    private readonly PacedPlaces[] _placed = new PacedPlaces[Pace.MostOfPolicy];
    private int[] _open = [];
    private int[] _room = [];
    private int[] _members = [];
    private int[] _others = [];
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
    /// <param name="inputs">What its rules read of the candidates.</param>
    /// <param name="order">The candidates that thresholds admitted; pins may be among them.</param>
    /// <param name="pins">By place, −1 where none is pinned.</param>
    /// <param name="slate">By place.</param>
    /// <param name="spread">Of utilities; null where places were filled by a list, in which no bonus has a part.</param>
    internal void Count(SlateInputs inputs, ReadOnlySpan<int> order, ReadOnlySpan<int> pins, ReadOnlySpan<Placement> slate, double? spread)
    {
        if (_pacing is not { } pacing) return;
        _spread = spread ?? 0;
        ReadOnlySpan<byte> paced = inputs.Paced;
        Span<int> inGroup = stackalloc int[Pace.MostOfPolicy];
        inGroup.Clear();
        int places = 0;
        for (int place = 0; place < slate.Length; place++)
        {
            int candidate = slate[place].Candidate;
            if (candidate < 0 || pins[place] == candidate) continue;
            places++;
            for (uint bits = paced[candidate]; bits != 0; bits &= bits - 1) inGroup[BitOperations.TrailingZeroCount(bits)]++;
        }

        ReadOnlySpan<int> open = spread is null ? [] : Open(order, pins);
        for (int j = 0; j < pacing.Paces.Length; j++)
        {
            int placed = inGroup[j];
            if (spread is null)
            {
                _placed[j] = new PacedPlaces(places, placed, placed, placed);
                continue;
            }

            var (members, others) = Admitted(inputs, open, pins, j);
            int fewest = Math.Max(places - others, Wanted(inputs, pins, pacing.Paces[j], j));
            _placed[j] = new PacedPlaces(places, placed, Math.Clamp(fewest, 0, placed), Math.Max(placed, Math.Min(places, members)));
        }
    }

    /// <summary>The candidates that could stand at a place that is not pinned.</summary>
    private ReadOnlySpan<int> Open(ReadOnlySpan<int> order, ReadOnlySpan<int> pins)
    {
        if (!pins.ContainsAnyExcept(-1)) return order;
        Span<int> open = RankBuffers.Of(ref _open, order.Length);
        int count = 0;
        foreach (int candidate in order)
        {
            if (!pins.Contains(candidate)) open[count++] = candidate;
        }

        return open[..count];
    }

    /// <summary>How many of a pace's candidates, and how many of the others, the limits let into one slate at most: the least that any of them says by itself.</summary>
    private (int Members, int Others) Admitted(SlateInputs inputs, ReadOnlySpan<int> open, ReadOnlySpan<int> pins, int pace)
    {
        ReadOnlySpan<byte> paced = inputs.Paced;
        int members = 0;
        foreach (int candidate in open) members += (paced[candidate] >> pace) & 1;
        int others = open.Length - members;
        foreach (var (attribute, most) in inputs.Constraints.AtMost)
        {
            var (fewer, fewerOthers) = Admitted(paced, inputs.Groups(attribute), most, open, pins, pace);
            members = Math.Min(members, fewer);
            others = Math.Min(others, fewerOthers);
        }

        return (members, others);
    }

    private (int Members, int Others) Admitted(ReadOnlySpan<byte> paced, ReadOnlySpan<int> groups, int most, ReadOnlySpan<int> open, ReadOnlySpan<int> pins, int pace)
    {
        // Groups are numbered as they appear: there are no more of them than candidates.
        Span<int> room = RankBuffers.Of(ref _room, groups.Length);
        Span<int> members = RankBuffers.Of(ref _members, groups.Length);
        Span<int> others = RankBuffers.Of(ref _others, groups.Length);
        room.Fill(most);
        members.Clear();
        others.Clear();
        foreach (int candidate in pins)
        {
            if (candidate >= 0 && groups[candidate] >= 0) room[groups[candidate]]--;
        }

        int free = 0;
        int freeOthers = 0;
        foreach (int candidate in open)
        {
            bool member = ((paced[candidate] >> pace) & 1) != 0;
            int group = groups[candidate];
            if (group >= 0) (member ? members : others)[group]++;
            else if (member) free++;
            else freeOthers++;
        }

        for (int group = 0; group < groups.Length; group++)
        {
            int left = Math.Max(0, room[group]);
            free += Math.Min(left, members[group]);
            freeOthers += Math.Min(left, others[group]);
        }

        return (free, freeOthers);
    }

    /// <summary>How many of the places that are not pinned the quotas of a pace's own value want.</summary>
    private static int Wanted(SlateInputs inputs, ReadOnlySpan<int> pins, Pace pace, int at)
    {
        int wanted = 0;
        foreach (Quota quota in inputs.Constraints.AtLeast)
        {
            if (quota.Attribute != pace.Attribute || quota.Value != pace.Value) continue;
            int pinned = 0;
            foreach (int candidate in pins[..quota.Reach(pins.Length)]) pinned += candidate >= 0 ? (inputs.Paced[candidate] >> at) & 1 : 0;
            wanted = Math.Max(wanted, quota.Need(pins.Length) - pinned);
        }

        return wanted;
    }

    /// <summary>Tells the controllers what was counted.</summary>
    internal void Tell(UnixMicros now) => _pacing?.Observe(_placed, _spread, now);
}
