using System.Numerics;

namespace Millrace.Bench.Vectors;

/// <summary>
/// Synthetic embeddings, each a function of its row and the seed. Clustered: topics of unequal size in a space of few factors, items spread about them by the same factors and by noise in all
/// dimensions. Sphere: uniform in all directions, where nothing is near anything and no index can help much.
/// </summary>
internal sealed class VectorData
{
    private const int Factors = 24;
    private const float Within = 0.6f;
    private const float Noise = 0.5f;
    private const int MixedItems = 5;

    private readonly float[] _loadings;
    private readonly float[] _topics;
    private readonly int _topicCount;
    private readonly bool _clustered;
    private readonly float[] _factors = new float[Factors];

    internal VectorData(int dimensions, int topics, bool clustered)
    {
        Dimensions = dimensions;
        _topicCount = topics;
        _clustered = clustered;
        var random = new Stream(1);
        _loadings = new float[Factors * dimensions];
        foreach (ref float value in _loadings.AsSpan()) value = random.Normal() / MathF.Sqrt(Factors);
        _topics = new float[topics * Factors];
        foreach (ref float value in _topics.AsSpan()) value = random.Normal();
    }

    internal int Dimensions { get; }

    /// <summary>The vector of an item. Not for several threads at once.</summary>
    internal void Item(int row, Span<float> vector)
    {
        var random = new Stream(((ulong)row + 1) * 0x9E3779B97F4A7C15);
        float scale = _clustered ? Noise : 1;
        foreach (ref float value in vector) value = scale * random.Normal();
        if (!_clustered) return;

        // The square of a uniform number: a few topics have most items.
        float share = random.Unit();
        int topic = (int)(share * share * _topicCount);
        for (int factor = 0; factor < Factors; factor++) _factors[factor] = _topics[(topic * Factors) + factor] + (Within * random.Normal());
        for (int factor = 0; factor < Factors; factor++)
        {
            ReadOnlySpan<float> loading = _loadings.AsSpan(factor * Dimensions, Dimensions);
            var weight = new Vector<float>(_factors[factor]);
            for (int i = 0; i + Vector<float>.Count <= Dimensions; i += Vector<float>.Count)
            {
                (new Vector<float>(vector[i..]) + (weight * new Vector<float>(loading[i..]))).CopyTo(vector[i..]);
            }
        }
    }

    /// <summary>A query: every other one an item, disturbed; the others the mean of a few items of any topics, as a person's history gives.</summary>
    internal void Query(int number, int items, Span<float> query)
    {
        var random = new Stream(((ulong)number + 1) * 0xD1B54A32D192ED03);
        int mixed = number % 2 == 0 ? 1 : MixedItems;
        var item = new float[Dimensions];
        query.Clear();
        for (int i = 0; i < mixed; i++)
        {
            Item((int)(random.Unit() * items), item);
            for (int d = 0; d < Dimensions; d++) query[d] += item[d] / mixed;
        }

        foreach (ref float value in query) value += 0.2f * random.Normal();
    }

    /// <summary>SplitMix64; normal numbers as sums of four uniform ones of 16 bits.</summary>
    private struct Stream(ulong state)
    {
        internal float Unit() => (Next() >> 40) * (1f / (1 << 24));

        internal float Normal()
        {
            ulong bits = Next();
            int sum = (int)(bits & 0xFFFF) + (int)((bits >> 16) & 0xFFFF) + (int)((bits >> 32) & 0xFFFF) + (int)(bits >> 48);
            return (sum - 131_070) * (1f / 37_837.2f);
        }

        private ulong Next()
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
