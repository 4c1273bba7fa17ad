namespace Millrace.Models.Trees;

/// <summary>Finds a forest's features among the columns of rows.</summary>
internal static class ForestColumns
{
    /// <summary>The column of each feature; features that no split reads need none, and have −1 then.</summary>
    /// <exception cref="ForestException">A split reads a feature that is no column.</exception>
    internal static int[] Map(Forest forest, IReadOnlyList<string> columns)
    {
        if (forest.Start.Length != forest.Classes || forest.ClassOfTree.Length != forest.Trees.Length)
        {
            throw new ForestException($"expected a start for each of {forest.Classes} classes and a class for each of {forest.Trees.Length} trees; got {forest.Start.Length} and {forest.ClassOfTree.Length}");
        }

        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < columns.Count; i++)
        {
            if (!places.TryAdd(columns[i], i)) throw new ForestException($"expected columns of different names; got '{columns[i]}' twice");
        }

        bool[] read = ReadBySplits(forest);
        var map = new int[forest.Features.Length];
        for (int i = 0; i < map.Length; i++)
        {
            map[i] = places.GetValueOrDefault(forest.Features[i], -1);
            if (map[i] < 0 && read[i])
            {
                string near = NearestName.Of(forest.Features[i], columns) is { } name ? $"; is '{name}' meant?" : "";
                throw new ForestException($"the model reads the feature '{forest.Features[i]}': expected a column of that name{near}");
            }
        }

        return map;
    }

    /// <summary>Which features any split reads.</summary>
    /// <exception cref="ForestException">A split names a feature that the forest does not have.</exception>
    internal static bool[] ReadBySplits(Forest forest)
    {
        var read = new bool[forest.Features.Length];
        foreach (var tree in forest.Trees)
        {
            foreach (ref readonly var node in tree.Nodes.AsSpan())
            {
                if (node.Feature >= read.Length) throw new ForestException($"expected splits of {read.Length} features; got one of feature {node.Feature}");
                read[node.Feature] = true;
            }
        }

        return read;
    }
}
