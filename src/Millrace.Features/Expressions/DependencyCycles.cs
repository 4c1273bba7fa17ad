using System.Collections.Immutable;

namespace Millrace.Features.Expressions;

/// <summary>
/// The elementary cycles of what reads what. A path is only ever extended to where it can still be closed, so that every step leads to a cycle: the time between two
/// cycles is bounded by a polynomial, and their number by the caller. Nothing recurses.
/// </summary>
internal static class DependencyCycles
{
    /// <summary>
    /// Every cycle once: names in the order of reading, begun at the ordinally least, cycles in the order of their names; at most <paramref name="most"/> of them. Names
    /// that are read and not given are passed over.
    /// </summary>
    internal static ImmutableArray<ImmutableArray<string>> Find(IEnumerable<(string Name, ImmutableArray<string> Inputs)> nodes, int most = 100)
    {
        var graph = new Graph(nodes);
        var cycles = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        for (int start = 0; start < graph.Count && cycles.Count < most; start++) From(start, graph, cycles, most);
        return cycles.DrainToImmutable();
    }

    /// <summary>The cycles whose least node is <paramref name="start"/>.</summary>
    private static void From(int start, Graph graph, ImmutableArray<ImmutableArray<string>>.Builder cycles, int most)
    {
        var path = new Stack<(int Node, Queue<int> Next)>();
        var onPath = new bool[graph.Count];
        Push(start);
        while (path.Count > 0 && cycles.Count < most)
        {
            (int node, Queue<int> next) = path.Peek();
            if (!next.TryDequeue(out int input))
            {
                onPath[node] = false;
                path.Pop();
            }
            else if (input == start)
            {
                cycles.Add([.. path.Reverse().Select(step => graph.Name(step.Node))]);
            }
            else
            {
                Push(input);
            }
        }

        void Push(int node)
        {
            onPath[node] = true;
            path.Push((node, graph.Towards(start, node, onPath)));
        }
    }

    /// <summary>Nodes are numbered in the ordinal order of their names.</summary>
    private sealed class Graph
    {
        private readonly string[] _names;
        private readonly int[][] _inputs;
        private readonly List<int>[] _readers;

        internal Graph(IEnumerable<(string Name, ImmutableArray<string> Inputs)> nodes)
        {
            Dictionary<string, string[]> inputs = nodes.GroupBy(node => node.Name, node => node.Inputs, StringComparer.Ordinal)
                .ToDictionary(node => node.Key, node => node.SelectMany(names => names).ToArray(), StringComparer.Ordinal);
            _names = [.. inputs.Keys.Order(StringComparer.Ordinal)];
            Dictionary<string, int> numbers = _names.Select((name, number) => (name, number)).ToDictionary(n => n.name, n => n.number, StringComparer.Ordinal);
            _inputs = [.. _names.Select(name => inputs[name].Where(numbers.ContainsKey).Select(input => numbers[input]).Distinct().Order().ToArray())];
            _readers = [.. _names.Select(_ => new List<int>())];
            for (int node = 0; node < _names.Length; node++)
            {
                foreach (int input in _inputs[node]) _readers[input].Add(node);
            }
        }

        internal int Count => _names.Length;

        internal string Name(int node) => _names[node];

        /// <summary>The inputs of <paramref name="node"/> from which <paramref name="start"/> is read without less nodes and without those of the path.</summary>
        internal Queue<int> Towards(int start, int node, bool[] onPath)
        {
            var reaches = new bool[Count];
            var queue = new Queue<int>([start]);
            reaches[start] = true;
            while (queue.TryDequeue(out int at))
            {
                foreach (int reader in _readers[at])
                {
                    if (reader < start || onPath[reader] || reaches[reader]) continue;
                    reaches[reader] = true;
                    queue.Enqueue(reader);
                }
            }

            return new(_inputs[node].Where(input => reaches[input]));
        }
    }
}
