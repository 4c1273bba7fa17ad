using System.Collections.Immutable;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>The estimators by the words that reports, gates and options share.</summary>
internal static class EstimatorNames
{
    /// <summary>The direct method: the model alone.</summary>
    public const string Dm = "dm";

    /// <summary>Importance weights (Horvitz and Thompson 1952).</summary>
    public const string Ips = "ips";

    /// <summary>Self-normalised by the sum of weights (Swaminathan and Joachims 2015).</summary>
    public const string Snips = "snips";

    /// <summary>With weights cut at a bound (Ionides 2008).</summary>
    public const string ClippedIps = "clippedIps";

    public const string ClippedSnips = "clippedSnips";

    /// <summary>Doubly robust (Dudík, Langford, Li 2011).</summary>
    public const string Dr = "dr";

    public const string SelfNormalisedDr = "sndr";

    /// <summary>The model alone where the weight is large (Wang, Agarwal, Dudík 2017).</summary>
    public const string SwitchDr = "switchDr";

    /// <summary>Doubly robust with optimistic shrinkage (Su et al. 2020).</summary>
    public const string Dros = "dros";

    /// <summary>The product of all places' ratios: nothing is assumed.</summary>
    public const string Standard = "sips";

    /// <summary>Each place's own ratio of marginal probabilities: right where an outcome depends on its own place alone (Li et al. 2018).</summary>
    public const string Independent = "iips";

    /// <summary>The ratios down to the place: right where an outcome depends on nothing below (McInerney et al., KDD 2020).</summary>
    public const string Prefix = "rips";

    public const string SelfNormalisedStandard = "snsips";

    public const string SelfNormalisedIndependent = "sniips";

    public const string SelfNormalisedPrefix = "snrips";

    /// <summary>Doubly robust down the places (Kiyohara et al., WSDM 2022).</summary>
    public const string CascadeDr = "cascadeDr";

    public static readonly ImmutableArray<string> OfActions = [Dm, Ips, Snips, ClippedIps, ClippedSnips, Dr, SelfNormalisedDr, SwitchDr, Dros];

    public static readonly ImmutableArray<string> OfSlates = [Standard, Independent, Prefix, SelfNormalisedStandard, SelfNormalisedIndependent, SelfNormalisedPrefix, CascadeDr];
}
