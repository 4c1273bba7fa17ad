using Millrace.Decisions.Candidates.Vectors;
using Millrace.Features.Numerics;

namespace Millrace.Tests.Decisions.Vectors;

/// <summary>What an index must answer, written as plainly as it can be: every row, sixteen sums of floats, a sort.</summary>
internal sealed class NaiveVectors(int dimensions)
{
    private readonly Dictionary<int, float[]> _rows = [];

    internal IReadOnlyDictionary<int, float[]> Rows => _rows;

    internal void Add(int row, float[] vector) => _rows[row] = Unit(vector);

    internal bool Remove(int row) => _rows.Remove(row);

    internal Neighbour[] Search(float[] query, int take, Func<int, bool> allows)
    {
        float[] unit = Unit(query);
        return [.. _rows.Where(row => allows(row.Key)).Select(row => new Neighbour(row.Key, Dot(row.Value, unit)))
            .OrderByDescending(static row => row.Similarity).ThenBy(static row => row.Row).Take(take)];
    }

    internal static float Dot(float[] a, float[] b)
    {
        var sums = new float[16];
        for (int i = 0; i < a.Length; i++) sums[i % 16] += a[i] * b[i];
        for (int half = 8; half > 0; half /= 2)
        {
            for (int i = 0; i < half; i++) sums[i] += sums[i + half];
        }

        return sums[0];
    }

    internal static float Similarity(float[] a, float[] b) => Dot(Unit(a), Unit(b));

    internal static int ClusterOf(ulong seed, int row, int clusters) => (int)(Philox.Draw(seed, 1, (ulong)row).First % (ulong)clusters);

    /// <summary>Vectors about a few directions, each the same whenever it is asked for.</summary>
    internal float[] Clustered(ulong seed, int row, int clusters)
    {
        var cluster = (ulong)ClusterOf(seed, row, clusters);
        var vector = new float[dimensions];
        for (int i = 0; i < dimensions; i++)
        {
            vector[i] = Centred(seed, 2 + cluster, i) + (0.5f * Centred(seed, 1_000_000 + (ulong)row, i));
        }

        return vector;
    }

    private static float Centred(ulong seed, ulong stream, int i) => (float)(Philox.ToUnit(Philox.Draw(seed, stream, (ulong)i).First) - 0.5);

    private static float[] Unit(float[] vector)
    {
        float largest = vector.Max(MathF.Abs);
        float[] scaled = [.. vector.Select(value => value / largest)];
        float length = MathF.Sqrt(Dot(scaled, scaled));
        return [.. scaled.Select(value => value / length)];
    }
}
