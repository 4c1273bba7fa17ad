using Millrace.Features.Numerics;

namespace Millrace.Learning.Evaluation.Intervals;

/// <summary>
/// A bootstrap over persons of data that pass by once: how often each replicate holds a person is a Poisson count of mean 1 (Chamandy et al. 2012), drawn from the person's name, so that all
/// that one person did is drawn together, and two runs, or two policies, are drawn alike.
/// </summary>
internal static class PersonBootstrap
{
    // P(Poisson(1) ≤ n): beyond the last there are 10⁻⁷.
    private static readonly double[] Poisson = [.. Cumulated(10)];

    /// <summary>How often each replicate holds the person.</summary>
    /// <param name="seed">Of the draws.</param>
    /// <param name="person">Whose data they are.</param>
    /// <param name="counts">By replicate; place 0 is the data itself, which holds everybody once.</param>
    internal static void Draw(ulong seed, ulong person, Span<double> counts)
    {
        counts[0] = 1;
        for (var b = 1; b < counts.Length; b += 2)
        {
            var (first, second) = Philox.Draw(seed, person, (ulong)b);
            counts[b] = Count(Philox.ToUnit(first));
            if (b + 1 < counts.Length)
            {
                counts[b + 1] = Count(Philox.ToUnit(second));
            }
        }
    }

    private static int Count(double unit)
    {
        var count = 0;
        while (count < Poisson.Length && unit >= Poisson[count])
        {
            count++;
        }

        return count;
    }

    private static IEnumerable<double> Cumulated(int most)
    {
        var (term, sum) = (Math.Exp(-1), 0.0);
        for (var n = 0; n < most; n++)
        {
            sum += term;
            term /= n + 1;
            yield return sum;
        }
    }
}
