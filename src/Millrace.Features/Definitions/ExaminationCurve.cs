using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>With which probability a place of a slate is looked at: what an impression there is worth. In units of 1/65,536, so that sums are exact.</summary>
public sealed class ExaminationCurve : IEquatable<ExaminationCurve>
{
    /// <summary>What stands for a probability of 1.</summary>
    internal const int One = 1 << 16;

    internal const int MostRanks = 100;

    private readonly ImmutableArray<double> _given;

    /// <param name="probabilities">By rank, from the first on, each above 0 and at most 1; ranks beyond take the last. At most 100.</param>
    public ExaminationCurve(IEnumerable<double> probabilities)
    {
        _given = [.. probabilities];
        Weights = [.. _given.Select(probability => (int)Math.Floor((probability * One) + 0.5))];
    }

    /// <summary>1/log2(1 + rank), the discount of DCG.</summary>
    public static ExaminationCurve Default { get; } = new(Enumerable.Range(1, MostRanks).Select(rank => Numerics.Deterministic.Ln2 / Numerics.Deterministic.Log(1 + rank)));

    /// <summary>By rank, from the first on, in units of 1/65,536.</summary>
    internal ImmutableArray<int> Weights { get; }

    /// <summary>What an event at a rank weighs; one whose rank nobody knows weighs 1.</summary>
    internal int Of(int? rank) => rank is { } known ? Weights[Math.Clamp(known, 1, Weights.Length) - 1] : One;

    public bool Equals(ExaminationCurve? other) => other is not null && Weights.SequenceEqual(other.Weights);

    public override bool Equals(object? obj) => Equals(obj as ExaminationCurve);

    public override int GetHashCode() => Weights.Aggregate(0, HashCode.Combine);

    /// <summary>The weights: fingerprints are made of it.</summary>
    public override string ToString() => string.Join(' ', Weights);

    internal IEnumerable<string> Faults()
    {
        if (_given.Length is 0 or > MostRanks) yield return $"examination: expected 1 to {MostRanks} ranks; got {_given.Length}";
        foreach (var probability in _given.Where(probability => !(probability is > 0 and <= 1) || probability * One < 0.5).Take(1))
        {
            yield return FormattableString.Invariant($"examination: expected probabilities above 0 and at most 1; got {probability}");
        }
    }
}
