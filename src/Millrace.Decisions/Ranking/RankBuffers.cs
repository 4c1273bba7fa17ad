using Millrace.Decisions.Exploration;
using Millrace.Models.Trees;

namespace Millrace.Decisions.Ranking;

/// <summary>The buffers of <see cref="Ranker"/>, grown as needed.</summary>
internal sealed class RankBuffers
{
    internal float[] Matrix = [];
    internal double[] Heads = [];
    internal double[] Drawn = [];
    internal double[] Draws = [];
    internal float[] Terms = [];
    internal float[] Trials = [];
    internal string[] Providers = [];
    internal double[] Scores = [];
    internal double[] Added = [];
    internal ulong[] Keys = [];
    internal int[] Order = [];
    internal int[] Groups = [];
    internal int[] Limits = [];
    internal int[] Needs = [];
    internal int[] Reaches = [];
    internal int[] Pins = [];
    internal Placement[] Slate = [];

    /// <summary>Whether the last slate shows a pin above its rank.</summary>
    internal bool PinMoved;

    /// <summary>The quotas that the last slate does not meet.</summary>
    internal readonly List<string> Relaxed = [];

    /// <summary>How far the last utilities lay from their mean, before anything was added; only where the policy has paces.</summary>
    internal double Spread;

    /// <summary>How many of <see cref="Order"/> were within the thresholds, or let in all the same.</summary>
    internal int Admitted;

    internal readonly SlateScratch Sampling = new();

    /// <summary>Whether candidates beyond a threshold were let in, because too few were within.</summary>
    internal bool ThresholdsRelaxed;

    internal readonly ForestScratch Forests = new();

    /// <summary>The first <paramref name="count"/> elements of a buffer that is at least so long.</summary>
    internal static Span<T> Of<T>(ref T[] buffer, int count)
    {
        if (buffer.Length < count) buffer = new T[Math.Max(count, 64)];
        return buffer.AsSpan(0, count);
    }
}
