using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.Delivery.Tiers;

/// <summary>
/// Weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after Schindelhauer and Schomaker 2005): every key ranks all members on its own, so a
/// member that leaves moves its own keys alone, each to the next of its ranking, and one that comes takes its share evenly from all.
/// </summary>
internal static class Rendezvous
{
    /// <summary>The number that stands for a member; by name, so that every node ranks alike.</summary>
    public static ulong Seed(string name) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name));

    /// <summary>How high a key ranks a member; the highest is its home.</summary>
    public static double Score(ulong key, ulong member, double weight)
    {
        var hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>([key, member])));

        // A uniform number above 0 and below 1; -w / ln u makes the chances of coming first proportional to the weights.
        var uniform = ((hash >> 11) + 0.5) * (1.0 / (1UL << 53));
        return -weight / Math.Log(uniform);
    }

    /// <summary>Ranks members for a key.</summary>
    /// <param name="key">The key's hash.</param>
    /// <param name="members">Seeds.</param>
    /// <param name="weights">Weights.</param>
    /// <param name="ranking">Filled with indices, the home first.</param>
    public static void Rank(ulong key, ReadOnlySpan<ulong> members, ReadOnlySpan<double> weights, Span<int> ranking)
    {
        Span<double> scores = stackalloc double[members.Length];
        for (var i = 0; i < members.Length; i++)
        {
            scores[i] = -Score(key, members[i], weights[i]);
            ranking[i] = i;
        }

        scores.Sort(ranking);
    }

    /// <summary>The requests in hand that a member takes at most: so many times its fair share of all, this one included (Mirrokni, Thorup and Zadimoghaddam 2018).</summary>
    public static int Capacity(double factor, int inHand, double weight, double allWeights) => (int)Math.Ceiling(factor * (inHand + 1) * weight / allWeights);
}
