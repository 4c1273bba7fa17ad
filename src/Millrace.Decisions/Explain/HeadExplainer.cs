using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Millrace.Decisions.Ranking;
using Millrace.Models.Policies;
using Millrace.Models.Posteriors;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Decisions.Explain;

/// <summary>Splits predictions into what each feature adds. One explanation's own; not thread-safe.</summary>
/// <param name="plan">The policy's heads, which have just scored all candidates with <paramref name="buffers"/>.</param>
/// <param name="policy">The policy.</param>
/// <param name="shelf">Its models.</param>
/// <param name="buffers">Where the heads' values are.</param>
/// <param name="top">How many contributions are named; the others are summed.</param>
internal sealed class HeadExplainer(RankingPlan plan, Policy policy, IModelShelf shelf, RankBuffers buffers, int top)
{
    private readonly Dictionary<string, (Forest Forest, ForestContributions Contributions, double[] Room)> _forests = new(StringComparer.Ordinal);

    /// <summary>The heads of one candidate.</summary>
    /// <param name="row">Its features, in the order of <see cref="RankingPlan.Columns"/>.</param>
    /// <param name="candidate">Its index.</param>
    /// <param name="count">How many candidates were scored.</param>
    internal ImmutableArray<ExplainedHead> Explain(ReadOnlySpan<float> row, int candidate, int count)
    {
        var heads = ImmutableArray.CreateBuilder<ExplainedHead>();
        foreach (var (name, weight, place) in plan.Heads)
        {
            var head = new ExplainedHead(name, weight, buffers.Heads[(place * count) + candidate]);
            heads.Add(PolicyReading.HeadsOf(policy)[name] switch
            {
                BlendHead blend => Summed(head, [.. blend.Weights.Select(pair => (pair.Key, (double?)pair.Value))], row),
                FeatureHead feature => Summed(head, [(feature.Feature, 1)], row),
                ExternalHead external => head with { Raw = head.Value, Contributions = [new Contribution($"external:{external.Term}", (float)head.Value, 1, head.Value)] },
                LinearHead linear => Weighted(head, linear, row),
                ForestHead forest => Trees(head, forest, row),
                var other => Listed(head, other.Reads, row),
            });
        }

        return heads.ToImmutable();
    }

    private ExplainedHead Summed(ExplainedHead head, ImmutableArray<(string Feature, double? Weight)> terms, ReadOnlySpan<float> row)
    {
        var all = new List<Contribution>(terms.Length);
        foreach (var (feature, weight) in terms)
        {
            float value = Value(feature, row);
            all.Add(new Contribution(feature, value, weight, float.IsNaN(value) ? 0 : weight * value));
        }

        return Largest(head with { Raw = head.Value }, all);
    }

    /// <summary>The mean of a linear model, which is a sum of weight times feature.</summary>
    private ExplainedHead Weighted(ExplainedHead head, LinearHead linear, ReadOnlySpan<float> row)
    {
        LinearPosterior model = shelf.Linear(linear.Digest) ?? throw new ModelMissingException(linear.Digest);
        return Summed(head, [.. model.Features.Zip(model.Weights.ToArray(), static (feature, weight) => (feature, (double?)weight))], row);
    }

    private ExplainedHead Trees(ExplainedHead head, ForestHead named, ReadOnlySpan<float> row)
    {
        if (!_forests.TryGetValue(named.Digest, out var made))
        {
            Forest forest = shelf.Forest(named.Digest) ?? throw new ModelMissingException(named.Digest);
            var contributions = new ForestContributions(forest, plan.Columns);
            _forests.Add(named.Digest, made = (forest, contributions, new double[contributions.Length]));
        }

        made.Contributions.Explain(row, made.Room);
        int width = made.Forest.Features.Length + 1;
        ReadOnlySpan<double> own = made.Room.AsSpan(named.Class * width, width);
        var all = new List<Contribution>(width - 1);
        double raw = own[^1];
        for (int i = 0; i < width - 1; i++)
        {
            raw += own[i];
            if (own[i] != 0) all.Add(new Contribution(made.Forest.Features[i], Value(made.Forest.Features[i], row), null, own[i]));
        }

        return Largest(head with { Raw = named.Output == ForestOutput.Raw ? head.Value : raw, Base = own[^1] }, all);
    }

    /// <summary>A head that does not split into sums: what it read, and its value.</summary>
    private ExplainedHead Listed(ExplainedHead head, ImmutableArray<string> reads, ReadOnlySpan<float> row)
    {
        var read = ImmutableArray.CreateBuilder<Contribution>(reads.Length);
        foreach (string feature in reads) read.Add(new Contribution(feature, Value(feature, row), null, null));
        return head with { Raw = head.Value, Base = head.Value, Contributions = read.MoveToImmutable() };
    }

    private ExplainedHead Largest(ExplainedHead head, List<Contribution> all)
    {
        all.Sort(static (x, y) => Math.Abs(y.Amount!.Value).CompareTo(Math.Abs(x.Amount!.Value)) is var order and not 0 ? order : string.CompareOrdinal(x.Feature, y.Feature));
        double others = 0;
        foreach (ref readonly Contribution left in CollectionsMarshal.AsSpan(all)[Math.Min(top, all.Count)..]) others += left.Amount!.Value;
        return head with { Contributions = [.. all.Take(top)], Others = others };
    }

    private float Value(string feature, ReadOnlySpan<float> row) => plan.Columns.BinarySearch(feature, StringComparer.Ordinal) is >= 0 and var column ? row[column] : float.NaN;
}
