using System.Collections.Immutable;
using System.Globalization;
using Millrace.Features.Numerics;

namespace Millrace.Models.Trees;

/// <summary>What an XGBoost objective does with base score and sums.</summary>
internal sealed record XgboostObjective(string Name, ForestTransform Transform, TransformKind Link)
{
    internal static XgboostObjective Read(JsonPlace place, int classes)
    {
        string name = place.Text();
        return name switch
        {
            "reg:squarederror" or "reg:linear" or "reg:squaredlogerror" or "reg:pseudohubererror" or "reg:absoluteerror" or "reg:quantileerror"
                or "rank:pairwise" or "rank:ndcg" or "rank:map" => new(name, new(TransformKind.Identity), TransformKind.Identity),
            "reg:logistic" or "binary:logistic" => new(name, new(TransformKind.Sigmoid), TransformKind.Sigmoid),
            "binary:logitraw" => new(name, new(TransformKind.Identity), TransformKind.Sigmoid),
            "count:poisson" or "reg:gamma" or "reg:tweedie" => new(name, new(TransformKind.Exp), TransformKind.Exp),
            "multi:softmax" or "multi:softprob" when classes > 1 => new(name, new(TransformKind.Softmax), TransformKind.Identity),
            _ => throw place.Fault($"expected reg:, binary:logistic, binary:logitraw, count:poisson, rank: or, with num_class above 1, multi:softprob; got '{name}'"),
        };
    }

    /// <summary>The base score of each class as a raw score, rounded to a float: one number, or (since XGBoost 3.1) an array in a text.</summary>
    internal ImmutableArray<double> Starts(JsonPlace place, int classes)
    {
        string[] words = place.Text().Trim('[', ']').Split(',');
        if (words.Length != 1 && words.Length != classes) throw place.Fault($"expected one number or {classes}; got {words.Length}");
        var starts = ImmutableArray.CreateBuilder<double>(classes);
        for (int i = 0; i < classes; i++)
        {
            string word = words[words.Length == 1 ? 0 : i];
            if (!float.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out float score)) throw place.Fault($"expected a number; got '{word[..Math.Min(32, word.Length)]}'");
            float raw = Link switch
            {
                TransformKind.Sigmoid => (float)-Deterministic.Log((1.0f / score) - 1.0f),
                TransformKind.Exp => (float)Deterministic.Log(score),
                _ => score,
            };
            starts.Add(float.IsFinite(raw) ? raw : throw place.Fault($"expected a number in the range of {Name}; got '{word[..Math.Min(32, word.Length)]}'"));
        }

        return starts.MoveToImmutable();
    }
}
