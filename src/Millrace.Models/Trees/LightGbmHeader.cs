using System.Collections.Immutable;
using System.Globalization;

namespace Millrace.Models.Trees;

/// <summary>What stands before the trees of a LightGBM text model.</summary>
internal sealed record LightGbmHeader(ImmutableArray<string> Features, int Classes, string Objective, ForestTransform Transform, bool Averaged)
{
    private static readonly string[] Identities = ["regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg"];

    internal static LightGbmHeader Read(LightGbmSection section, ForestLimits limits)
    {
        string version = section.Text("version");
        if (version is not ("v2" or "v3" or "v4")) throw section.Fault("version", $"expected v2, v3 or v4; got '{version}'");
        int features = section.Int("max_feature_idx", 0, limits.Features - 1) + 1;
        int classes = section.Int("num_tree_per_iteration", 1, limits.Classes);
        string objective = section.Has("objective") ? section.Text("objective") : "";
        return new LightGbmHeader(
            [.. section.Names("feature_names", features)], classes, objective, TransformOf(section, objective, classes), section.Has("average_output"));
    }

    // ConvertOutput of each class in src/objective there; the text is what its ToString writes.
    private static ForestTransform TransformOf(LightGbmSection section, string objective, int classes)
    {
        string[] words = objective.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) return new(TransformKind.Identity);
        switch (words[0])
        {
            case var name when Identities.Contains(name):
                return new(words.Contains("sqrt") ? TransformKind.Square : TransformKind.Identity);
            case "poisson" or "gamma" or "tweedie":
                return new(TransformKind.Exp);
            case "binary" or "multiclassova":
                return new(TransformKind.Sigmoid, Sigma(section, words));
            case "cross_entropy":
                return new(TransformKind.Sigmoid);
            case "cross_entropy_lambda":
                return new(TransformKind.SoftPlus);
            case "multiclass":
                return classes > 1 ? new(TransformKind.Softmax) : throw section.Fault("objective", "expected more than one tree per iteration of 'multiclass'; got 1");
            default:
                throw section.Fault(
                    "objective",
                    $"expected one of LightGBM's own ({string.Join(", ", Identities)}, poisson, gamma, tweedie, binary, cross_entropy, cross_entropy_lambda, "
                    + $"multiclass, multiclassova) or none; got '{words[0]}'");
        }
    }

    private static double Sigma(LightGbmSection section, string[] words)
    {
        string? word = words.FirstOrDefault(static word => word.StartsWith("sigmoid:", StringComparison.Ordinal));
        if (word is null) return 1;
        return double.TryParse(word.AsSpan(8), NumberStyles.Float, CultureInfo.InvariantCulture, out double sigma) && sigma > 0 && double.IsFinite(sigma)
            ? sigma
            : throw section.Fault("objective", $"expected sigmoid: and a number above 0; got '{word}'");
    }
}
