using System.Collections.Immutable;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Decisions.Ranking;

/// <summary>The forests of a policy's heads, each model and output once, and where their scores stand.</summary>
internal sealed class ForestOutputs
{
    private readonly List<(string Digest, ForestOutput Output, Forest Forest, int Place)> _forests = [];
    private int _places;

    /// <summary>Which of the forests are transformed after scoring.</summary>
    internal ImmutableArray<int> Transformed => [.. _forests.Index().Where(static pair => pair.Item.Output == ForestOutput.Transformed).Select(static pair => pair.Index)];

    /// <exception cref="ModelMissingException">A model is not on the shelf.</exception>
    /// <exception cref="ForestException">A head wants a class that its model does not have.</exception>
    internal static ForestOutputs Of(Policy policy, IModelShelf shelf)
    {
        var outputs = new ForestOutputs();
        foreach (var (name, head) in policy.Heads)
        {
            if (head is ForestHead forest) outputs.Add(name, forest, shelf);
        }

        return outputs;
    }

    /// <summary>All forests compiled as one; null when there are none.</summary>
    internal ForestScorer? Scorer(ImmutableArray<string> columns) => _forests.Count == 0 ? null : new ForestScorer([.. _forests.Select(static one => one.Forest)], columns);

    /// <summary>Which block of scores is the head's.</summary>
    internal int PlaceOf(ForestHead head) => _forests.First(one => one.Digest == head.Digest && one.Output == head.Output).Place + head.Class;

    private void Add(string name, ForestHead head, IModelShelf shelf)
    {
        Forest forest = shelf.Forest(head.Digest) ?? throw new ModelMissingException($"heads.{name}.forest: expected a model that is at hand; got {head.Digest}, which is not");
        if (head.Class >= forest.Classes) throw new ForestException($"heads.{name}.class: expected a class below {forest.Classes}; got {head.Class}");
        if (_forests.Exists(one => one.Digest == head.Digest && one.Output == head.Output)) return;
        _forests.Add((head.Digest, head.Output, forest, _places));
        _places += forest.Classes;
    }
}

/// <summary>A policy names a model that its shelf does not hold, or holds damaged.</summary>
internal sealed class ModelMissingException(string message) : Exception(message);
