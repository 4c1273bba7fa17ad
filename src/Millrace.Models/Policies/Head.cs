using System.Collections.Immutable;

namespace Millrace.Models.Policies;

/// <summary>One prediction about a candidate: p(click), expected dwell, p(hide).</summary>
public abstract record Head
{
    /// <summary>The features that it reads, in the order in which it reads them; none twice.</summary>
    public abstract ImmutableArray<string> Reads { get; }

    /// <summary>The model that it needs; null for one that is computed from features alone.</summary>
    public virtual string? Model => null;
}

/// <summary>The sum of weight times feature; a missing value adds nothing.</summary>
/// <param name="Weights">In ordinal order of name, which is the order of summation.</param>
public sealed record BlendHead(ImmutableSortedDictionary<string, double> Weights) : Head
{
    public override ImmutableArray<string> Reads => [.. Weights.Keys];
}

/// <summary>A feature as it is; 0 where it is missing.</summary>
/// <param name="Feature">Its name.</param>
public sealed record FeatureHead(string Feature) : Head
{
    public override ImmutableArray<string> Reads => [Feature];
}

/// <summary>A forest of trees.</summary>
/// <param name="Digest">SHA-256 of its file, in lower-case hexadecimal.</param>
/// <param name="Features">The features that its splits read, in ordinal order: what a policy reads is known without its models.</param>
/// <param name="Output">Raw scores or what the objective predicts.</param>
/// <param name="Class">Which score of a multiclass model; 0 for the others.</param>
public sealed record ForestHead(string Digest, ImmutableArray<string> Features, ForestOutput Output = ForestOutput.Transformed, int Class = 0) : Head
{
    public override ImmutableArray<string> Reads => Features;

    public override string Model => Digest;
}

/// <summary>What a head takes of a forest.</summary>
public enum ForestOutput
{
    /// <summary>What the objective predicts: a probability, an expected value.</summary>
    Transformed = 0,

    /// <summary>The sum of the leaves.</summary>
    Raw = 1,
}

/// <summary>A Bayesian linear model: the mean of its prediction, and draws of its weights for <see cref="ExplorationMethod.Thompson"/>.</summary>
/// <param name="Digest">SHA-256 of its file, in lower-case hexadecimal.</param>
/// <param name="Features">The features that it reads, in the order of its weights.</param>
public sealed record LinearHead(string Digest, ImmutableArray<string> Features) : Head
{
    public override ImmutableArray<string> Reads => Features;

    public override string Model => Digest;
}

/// <summary>What something outside says of an item, such as what delivering it costs; 0 where it says nothing.</summary>
/// <param name="Term">Its name.</param>
public sealed record ExternalHead(string Term) : Head
{
    public override ImmutableArray<string> Reads => [];
}

/// <summary>A rate by its Beta posterior: mean (successes + a) / (trials + n); where a count is missing or negative it is 0.</summary>
/// <param name="Successes">The feature that counts successes.</param>
/// <param name="Trials">The feature that counts trials.</param>
/// <param name="PriorSuccesses">a: successes of the prior, above 0 and below <paramref name="PriorTrials"/>.</param>
/// <param name="PriorTrials">n: trials of the prior.</param>
public sealed record BetaHead(string Successes, string Trials, double PriorSuccesses = 1, double PriorTrials = 20) : Head
{
    public override ImmutableArray<string> Reads => Successes == Trials ? [Successes] : [Successes, Trials];
}

/// <summary>Beyond these a candidate is not shown while enough others are left.</summary>
/// <param name="AtMost">The largest value of the head that is still shown.</param>
/// <param name="AtLeast">The smallest.</param>
public sealed record Threshold(double? AtMost = null, double? AtLeast = null);
