using System.Text;
using Millrace.Models.Trees;

namespace Millrace.Bench.Forests;

/// <summary>A forest as an ONNX model with one TreeEnsembleRegressor (ai.onnx.ml 1), written by hand: numeric splits and one class only.</summary>
internal static class OnnxModel
{
    private const int AttributeInts = 7;
    private const int AttributeFloats = 6;
    private const int AttributeStrings = 8;
    private const int AttributeString = 3;

    internal static byte[] Of(Forest forest)
    {
        var node = new ProtoWriter().Text(1, "rows").Text(2, "scores").Text(3, "forest").Text(4, "TreeEnsembleRegressor").Text(7, "ai.onnx.ml");
        var lists = new Lists();
        for (int tree = 0; tree < forest.Trees.Length; tree++) lists.Add(tree, forest.Trees[tree]);
        lists.Write(node);
        node.Message(5, Attribute("n_targets", 2).Int(3, 1));
        node.Message(5, Attribute("post_transform", AttributeString).Text(4, "NONE"));
        node.Message(5, Attribute("aggregate_function", AttributeString).Text(4, "SUM"));
        var graph = new ProtoWriter().Message(1, node).Text(2, "forest")
            .Message(11, Value("rows", forest.Features.Length)).Message(12, Value("scores", 1));
        return new ProtoWriter().Int(1, 8).Message(7, graph)
            .Message(8, new ProtoWriter().Text(1, "").Int(2, 15)).Message(8, new ProtoWriter().Text(1, "ai.onnx.ml").Int(2, 1)).ToArray();
    }

    private static ProtoWriter Attribute(string name, int type) => new ProtoWriter().Text(1, name).Int(20, type);

    // A tensor of floats with any number of rows.
    private static ProtoWriter Value(string name, int columns)
    {
        var shape = new ProtoWriter().Message(1, new ProtoWriter().Text(2, "n")).Message(1, new ProtoWriter().Int(1, columns));
        return new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(1, new ProtoWriter().Int(1, 1).Message(2, shape)));
    }

    /// <summary>The operator's parallel lists: one entry per node or leaf.</summary>
    private sealed class Lists
    {
        private readonly List<long> _tree = [];
        private readonly List<long> _node = [];
        private readonly List<long> _feature = [];
        private readonly List<float> _value = [];
        private readonly List<string> _mode = [];
        private readonly List<long> _yes = [];
        private readonly List<long> _no = [];
        private readonly List<long> _missing = [];
        private readonly List<long> _targetTree = [];
        private readonly List<long> _targetNode = [];
        private readonly List<long> _targetId = [];
        private readonly List<float> _weight = [];

        internal void Add(int tree, Tree of)
        {
            int splits = of.Nodes.Length;
            for (int i = 0; i < splits; i++)
            {
                var node = of.Nodes[i];
                Add(tree, i, "BRANCH_LEQ", node.Feature, node.Threshold, Id(node.Left), Id(node.Right), node.MissingLeft ? 1 : 0);
            }

            for (int leaf = 0; leaf < of.Leaves.Length; leaf++)
            {
                Add(tree, splits + leaf, "LEAF", 0, 0, 0, 0, 0);
                _targetTree.Add(tree);
                _targetNode.Add(splits + leaf);
                _targetId.Add(0);
                _weight.Add((float)of.Leaves[leaf]);
            }

            int Id(int child) => child >= 0 ? child : splits + ~child;
        }

        internal void Write(ProtoWriter node)
        {
            Ints("nodes_treeids", _tree);
            Ints("nodes_nodeids", _node);
            Ints("nodes_featureids", _feature);
            Floats("nodes_values", _value);
            var modes = Attribute("nodes_modes", AttributeStrings);
            foreach (string mode in _mode) modes.Text(9, mode);
            node.Message(5, modes);
            Ints("nodes_truenodeids", _yes);
            Ints("nodes_falsenodeids", _no);
            Ints("nodes_missing_value_tracks_true", _missing);
            Ints("target_treeids", _targetTree);
            Ints("target_nodeids", _targetNode);
            Ints("target_ids", _targetId);
            Floats("target_weights", _weight);

            void Ints(string name, List<long> numbers)
            {
                var attribute = Attribute(name, AttributeInts);
                foreach (long number in numbers) attribute.Int(8, number);
                node.Message(5, attribute);
            }

            void Floats(string name, List<float> numbers)
            {
                var attribute = Attribute(name, AttributeFloats);
                foreach (float number in numbers) attribute.Float(7, number);
                node.Message(5, attribute);
            }
        }

        private void Add(int tree, int node, string mode, int feature, float value, int yes, int no, int missing)
        {
            _tree.Add(tree);
            _node.Add(node);
            _mode.Add(mode);
            _feature.Add(feature);
            _value.Add(value);
            _yes.Add(yes);
            _no.Add(no);
            _missing.Add(missing);
        }
    }

    /// <summary>Protocol buffers, as far as this model needs them.</summary>
    internal sealed class ProtoWriter
    {
        private readonly List<byte> _bytes = [];

        internal ProtoWriter Int(int field, long value)
        {
            Varint((ulong)field << 3);
            Varint((ulong)value);
            return this;
        }

        internal ProtoWriter Float(int field, float value)
        {
            Varint(((ulong)field << 3) | 5);
            _bytes.AddRange(BitConverter.GetBytes(value));
            return this;
        }

        internal ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        internal ProtoWriter Message(int field, ProtoWriter value) => Bytes(field, value.ToArray());

        internal byte[] ToArray() => [.. _bytes];

        private ProtoWriter Bytes(int field, byte[] value)
        {
            Varint(((ulong)field << 3) | 2);
            Varint((ulong)value.Length);
            _bytes.AddRange(value);
            return this;
        }

        private void Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7) _bytes.Add((byte)(value | 0x80));
            _bytes.Add((byte)value);
        }
    }
}
