using Millrace.Decisions.Exploration;
using Millrace.Features.Numerics;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Slates;

/// <summary>One quota of a case.</summary>
/// <param name="Members">The candidates that serve it.</param>
/// <param name="Need">How many it wants.</param>
/// <param name="Reach">Among the first so many places.</param>
internal sealed record CaseQuota(int[] Members, int Need, int Reach);

/// <summary>A small slate with all that may hold of it, and what brute force says of it.</summary>
internal sealed record SlateCase
{
    private static readonly Exploration Greedy = new();

    /// <summary>By candidate; the order is theirs, best first, equal ones by index.</summary>
    internal required double[] Utilities { get; init; }

    internal required int Places { get; init; }

    /// <summary>By limit: the group of each candidate, −1 for none.</summary>
    internal int[][] Groups { get; init; } = [];

    internal int[] Limits { get; init; } = [];

    internal CaseQuota[] Quotas { get; init; } = [];

    /// <summary>By place, −1 for none; empty for no pins.</summary>
    internal int[] Pins { get; init; } = [];

    internal Exploration Explore { get; init; } = Greedy;

    internal double[] Draws { get; init; } = [];

    internal double Lambda { get; init; }

    internal int[] Kinships { get; init; } = [];

    internal sbyte[] Vectors { get; init; } = [];

    internal int Dimensions { get; init; }

    internal float[] Trials { get; init; } = [];

    internal int Candidates => Utilities.Length;

    internal int[] Order => [.. Enumerable.Range(0, Candidates).OrderByDescending(i => Utilities[i]).ThenBy(i => i)];

    internal SlateProblem Problem() => new()
    {
        Order = Order,
        Utilities = Utilities,
        Draws = Draws,
        Groups = Enumerable.Range(0, Candidates).SelectMany(i => Groups.Select(groups => groups[i])).ToArray(),
        Limits = Limits,
        GroupCount = Groups.SelectMany(groups => groups).DefaultIfEmpty(-1).Max() + 1,
        Quotas = Enumerable.Range(0, Candidates).Select(i => (byte)Quotas.Select((quota, j) => quota.Members.Contains(i) ? 1 << j : 0).Sum()).ToArray(),
        Needs = Quotas.Select(quota => quota.Need).ToArray(),
        Reaches = Quotas.Select(quota => Math.Min(quota.Reach, Places)).ToArray(),
        Pins = Pins.Length > 0 ? Pins : Enumerable.Repeat(-1, Places).ToArray(),
        Explore = Explore,
        Lambda = Lambda,
        Kinships = Kinships,
        Vectors = Vectors,
        Dimensions = Dimensions,
        Trials = Trials,
    };

    internal Placement[] Sample(ulong seed, SlateScratch? scratch = null)
    {
        var slate = new Placement[Places];
        SlateSampler.Sample(Problem(), seed, scratch ?? new SlateScratch(), slate);
        return slate;
    }

    internal double[] Propensities(int[] slate)
    {
        var propensities = new double[Places];
        SlateSampler.Propensities(Problem(), slate, new SlateScratch(), propensities);
        return propensities;
    }

    internal int PinAt(int place) => Pins.Length > 0 ? Pins[place] : -1;

    /// <summary>Whether the limits admit <paramref name="candidate"/> beside these and all pins.</summary>
    internal bool WithinLimits(IReadOnlyCollection<int> placed, int candidate)
    {
        HashSet<int> all = [.. placed.Where(i => i >= 0), .. Pins.Where(pin => pin >= 0)];
        return !all.Contains(candidate) && Enumerable.Range(0, Limits.Length).All(limit =>
            Groups[limit][candidate] < 0 || all.Count(other => Groups[limit][other] == Groups[limit][candidate]) < Limits[limit]);
    }

    /// <summary>Whether all quotas of <paramref name="needs"/> are met by a whole slate, −1 for empty places.</summary>
    internal bool Meets(IReadOnlyList<int> slate, IReadOnlyList<int> needs) =>
        Enumerable.Range(0, Quotas.Length).All(j => Count(slate, j) >= needs[j]);

    internal int Count(IReadOnlyList<int> slate, int quota) => slate.Take(Quotas[quota].Reach).Count(i => i >= 0 && Quotas[quota].Members.Contains(i));

    /// <summary>Whether somebody who tries everything can fill the places after <paramref name="prefix"/> so that <paramref name="needs"/> are met.</summary>
    internal bool CanMeet(List<int> prefix, IReadOnlyList<int> needs)
    {
        if (prefix.Count == Places) return Meets(prefix, needs);
        int[] choices = PinAt(prefix.Count) is >= 0 and var pin ? [pin] : [-1, .. Enumerable.Range(0, Candidates).Where(i => WithinLimits(prefix, i))];
        foreach (int choice in choices)
        {
            prefix.Add(choice);
            bool met = CanMeet(prefix, needs);
            prefix.RemoveAt(prefix.Count - 1);
            if (met) return true;
        }

        return false;
    }

    /// <summary>The most that can be promised of each quota, the earlier ones first.</summary>
    internal int[] Promises()
    {
        int[] needs = new int[Quotas.Length];
        for (int j = 0; j < needs.Length; j++)
        {
            for (needs[j] = Quotas[j].Need; needs[j] > 0 && !CanMeet([], needs); needs[j]--)
            {
            }
        }

        return needs;
    }

    /// <summary><see cref="Promises"/> of cases too large to try everything, which have one quota and one limit.</summary>
    internal int[] PromisesByCounting() => Quotas.Length == 0 ? [] : [Math.Min(Quotas[0].Need, Math.Min(Places, Room([])))];

    /// <summary>How many more of the first quota's candidates the first limit admits after <paramref name="prefix"/>.</summary>
    internal int Room(List<int> prefix) => Quotas[0].Members.Where(i => !prefix.Contains(i)).GroupBy(i => Groups[0][i])
        .Sum(group => group.Key < 0 ? group.Count() : Math.Min(group.Count(), Math.Max(0, Limits[0] - prefix.Count(i => i >= 0 && Groups[0][i] == group.Key))));

    /// <summary>The greatest likeness to what stands above.</summary>
    internal double LikenessTo(IEnumerable<int> above, int candidate) => above.Where(i => i >= 0).Select(i => Likeness(i, candidate)).DefaultIfEmpty(0).Max();

    private double Likeness(int i, int j)
    {
        if (Kinships.Length > 0) return Kinships[i] >= 0 && Kinships[i] == Kinships[j] ? 1 : 0;
        if (Vectors.Length == 0) return 0;
        long dot = 0, left = 0, right = 0;
        for (int at = 0; at < Dimensions; at++)
        {
            (int x, int y) = (Vectors[(i * Dimensions) + at], Vectors[(j * Dimensions) + at]);
            (dot, left, right) = (dot + (x * y), left + (x * x), right + (y * y));
        }

        return left == 0 || right == 0 ? 0 : Math.Max(0, dot / Math.Sqrt(left * right));
    }

    /// <summary>Seeded numbers without a state.</summary>
    internal static double Unit(ulong seed, int stream, int index) => Philox.ToUnit(Philox.Draw(seed, (ulong)stream, (ulong)index).First);
}
