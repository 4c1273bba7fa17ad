using System.Collections.Immutable;
using System.Text.Json;

namespace Millrace.Models.Trees;

/// <summary>
/// Reads the JSON models that XGBoost saves (its <c>doc/model.schema</c>; gbtree and dart boosters). XGBoost adds leaves as floats, after its base score;
/// so does the forest, whose scores are its own up to how a release rounds the base score.
/// </summary>
public static class XgboostJson
{
    /// <summary>Whether a file begins as such a model does.</summary>
    public static bool IsOne(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8).StartsWith("{"u8);

    /// <summary>The forest that <paramref name="text"/> describes.</summary>
    /// <param name="text">The whole file, UTF-8.</param>
    /// <param name="limits">Bounds; null for <see cref="ForestLimits.Default"/>.</param>
    /// <exception cref="ForestException">It is no such model, exceeds a bound, or uses what is not supported: the message names the member and what was expected.</exception>
    public static Forest Read(ReadOnlyMemory<byte> text, ForestLimits? limits = null)
    {
        limits ??= ForestLimits.Default;
        if (text.Length > limits.Bytes) throw new ForestException($"expected at most {limits.Bytes} bytes; got {text.Length}");
        try
        {
            using var document = JsonDocument.Parse(BareNaN.Hide(text), new JsonDocumentOptions { MaxDepth = 32 });
            return Read(new JsonPlace(document.RootElement, ""), limits);
        }
        catch (InvalidOperationException)
        {
            // What the document throws when a text, or the name of a member, is asked for and is not Unicode.
            throw new ForestException("expected texts of valid UTF-8, without halves of surrogate pairs; got others");
        }
        catch (JsonException fault)
        {
            throw new ForestException($"line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}: expected JSON, as XGBoost saves with the extension .json");
        }
    }

    private static Forest Read(JsonPlace root, ForestLimits limits)
    {
        JsonPlace learner = root["learner"];
        JsonPlace parameters = learner["learner_model_param"];
        int features = parameters["num_feature"].Int(1, limits.Features);
        int classes = Math.Max(1, parameters["num_class"].Int(0, limits.Classes));
        if (parameters.Maybe("num_target") is { } targets) _ = targets.Int(1, 1);
        XgboostObjective objective = XgboostObjective.Read(learner["objective"]["name"], classes);
        (JsonPlace model, float[]? weights) = Booster(learner["gradient_booster"], limits);
        int[] classOfTree = model["tree_info"].Ints(limits.Trees);
        JsonPlace list = model["trees"];
        int count = list.Length(limits.Trees);
        if (classOfTree.Length != count) throw model["tree_info"].Fault($"expected {count} numbers, one per tree; got {classOfTree.Length}");
        if (weights is not null && weights.Length != count) throw new ForestException($"learner.gradient_booster.weight_drop: expected {count} numbers, one per tree; got {weights.Length}");
        var trees = ImmutableArray.CreateBuilder<Tree>(count);
        int leaves = 0;
        foreach (JsonPlace tree in list.Items())
        {
            int target = classOfTree[trees.Count];
            if ((uint)target >= (uint)classes) throw model["tree_info"].Fault($"expected 0 to {classes - 1} at {trees.Count}; got {target}");
            trees.Add(new XgboostTree(tree, features, limits).Read(weights?[trees.Count] ?? 1));
            leaves += trees[^1].Leaves.Length;
            if (leaves > limits.AllLeaves) throw tree.Fault($"expected at most {limits.AllLeaves} leaves over all trees; got more");
        }

        return new Forest
        {
            Source = "xgboost",
            Objective = objective.Name,
            Features = Names(learner, features),
            Trees = trees.MoveToImmutable(),
            Classes = classes,
            ClassOfTree = [.. classOfTree],
            Start = objective.Starts(parameters["base_score"], classes),
            FloatSums = true,
            Transform = objective.Transform,
        };
    }

    private static (JsonPlace Model, float[]? Weights) Booster(JsonPlace booster, ForestLimits limits) => booster["name"].Text() switch
    {
        "gbtree" => (booster["model"], null),
        "dart" => (booster["gbtree"]["model"], booster["weight_drop"].Floats(limits.Trees)),
        var name => throw booster["name"].Fault($"expected gbtree or dart; got '{name}'"),
    };

    /// <summary>The file's names, or f0, f1 … as XGBoost calls features without names.</summary>
    private static ImmutableArray<string> Names(JsonPlace learner, int features)
    {
        if (learner.Maybe("feature_names") is not { } place || place.Length(features) == 0) return [.. Enumerable.Range(0, features).Select(index => $"f{index}")];
        ImmutableArray<string> names = [.. place.Items().Select(static item => item.Text())];
        if (names.Length != features) throw place.Fault($"expected {features} names; got {names.Length}");
        if (names.Distinct(StringComparer.Ordinal).Count() != features) throw place.Fault("expected names of their own; got one again");
        return names;
    }
}
