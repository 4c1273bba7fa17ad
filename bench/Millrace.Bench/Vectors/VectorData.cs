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
        Stream random = StreamOf(row);
        float scale = _clustered ? Noise : 1;
        foreach (ref float value in vector) value = scale * random.Normal();
        if (!_clustered) return;

        int topic = TopicAt(random.Unit());
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

    /// <summary>The topic of an item.</summary>
    internal int Topic(int row)
    {
        Stream random = StreamOf(row);
        random.Skip(Dimensions);
        return TopicAt(random.Unit());
    }

    /// <summary>Whole topics with about a share of all items, in the order given: what would pass the share by half is passed over.</summary>
    internal HashSet<int> Topics(IEnumerable<int> order, double share)
    {
        var topics = new HashSet<int>();
        double sum = 0;
        foreach (int topic in order)
        {
            double own = Math.Sqrt((topic + 1.0) / _topicCount) - Math.Sqrt((double)topic / _topicCount);
            if (sum >= share || (topics.Count > 0 && sum + own > 1.5 * share)) continue;
            topics.Add(topic);
            sum += own;
        }

        return topics;
    }

    /// <summary>All topics, those most like a middling one first.</summary>
    internal IEnumerable<int> TopicsByNearness()
    {
        int anchor = _topicCount / 2;
        return Enumerable.Range(0, _topicCount).OrderByDescending(topic => Likeness(topic, anchor));
    }

    /// <summary>All topics in no order.</summary>
    internal IEnumerable<int> TopicsShuffled() => Enumerable.Range(0, _topicCount).OrderBy(static topic => (uint)(topic + 1) * 2_654_435_761u);

    /// <summary>A query near an item of one of the topics.</summary>
    internal void QueryAt(HashSet<int> topics, int number, int items, Span<float> query)
    {
        var random = new Stream(((ulong)number + 1) * 0xA24BAED4963EE407);
        int row = (int)(random.Unit() * items);
        while (!topics.Contains(Topic(row))) row = (row + 1) % items;
        Item(row, query);
        foreach (ref float value in query) value += 0.2f * random.Normal();
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

    // The square of a uniform number: a few topics have most items.
    private int TopicAt(float share) => (int)(share * share * _topicCount);

    private static Stream StreamOf(int row) => new(((ulong)row + 1) * Stream.Step);

    private double Likeness(int a, int b)
    {
        ReadOnlySpan<float> first = _topics.AsSpan(a * Factors, Factors);
        ReadOnlySpan<float> second = _topics.AsSpan(b * Factors, Factors);
        double dot = 0;
        double length = 0;
        for (int i = 0; i < Factors; i++)
        {
            dot += first[i] * second[i];
            length += first[i] * first[i];
        }

        return dot / Math.Sqrt(length);
    }

    /// <summary>SplitMix64; normal numbers as sums of four uniform ones of 16 bits.</summary>
    private struct Stream(ulong state)
    {
        internal const ulong Step = 0x9E3779B97F4A7C15;

        internal void Skip(int numbers) => state += (ulong)numbers * Step;

        internal float Unit() => (Next() >> 40) * (1f / (1 << 24));

        internal float Normal()
        {
            ulong bits = Next();
            int sum = (int)(bits & 0xFFFF) + (int)((bits >> 16) & 0xFFFF) + (int)((bits >> 32) & 0xFFFF) + (int)(bits >> 48);
            return (sum - 131_070) * (1f / 37_837.2f);
        }

        private ulong Next()
        {
            ulong z = state += Step;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
