using System.Numerics;
using System.Runtime.InteropServices;

namespace Millrace.Learning.Evaluation.Intervals;

/// <summary>The replicates of a bootstrap over persons while data pass by once: sums are kept by replicate, place 0 is the data itself. One thread.</summary>
/// <param name="replicates">How many beside the data itself.</param>
/// <param name="seed">Of the draws.</param>
internal sealed class ReplicateDraws(int replicates, ulong seed)
{
    private readonly double[] _counts = new double[replicates + 1];
    private ulong? _person;

    /// <summary>Items taken, by replicate.</summary>
    public double[] Taken { get; } = new double[replicates + 1];

    /// <summary>Sums by replicate, all 0.</summary>
    public double[] NewSums() => new double[_counts.Length];

    /// <summary>Takes the next item.</summary>
    /// <param name="person">Whose it is: all of one person's are drawn together.</param>
    public void Next(ulong person)
    {
        if (_person != person)
        {
            PersonBootstrap.Draw(seed, person, _counts);
            _person = person;
        }

        Add(1, Taken);
    }

    /// <summary>Adds a value of the item taken last, as often as each replicate holds it.</summary>
    public void Add(double value, double[] sums)
    {
        if (value == 0)
        {
            return;
        }

        // Product and sum are rounded apart, so that the bits do not depend on how wide the vectors are.
        var counts = MemoryMarshal.Cast<double, Vector<double>>(_counts);
        var to = MemoryMarshal.Cast<double, Vector<double>>(sums.AsSpan());
        var by = new Vector<double>(value);
        for (var i = 0; i < to.Length; i++)
        {
            to[i] += counts[i] * by;
        }

        for (var b = to.Length * Vector<double>.Count; b < sums.Length; b++)
        {
            sums[b] += _counts[b] * value;
        }
    }
}
