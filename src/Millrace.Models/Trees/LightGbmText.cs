using System.Collections.Immutable;

namespace Millrace.Models.Trees;

/// <summary>Reads the text models that LightGBM saves (versions 2 to 4 of its format; <c>src/io/gbdt_model_text.cpp</c> and <c>tree.cpp</c> there).</summary>
public static class LightGbmText
{
    /// <summary>Whether a file begins as such a model does.</summary>
    public static bool IsOne(ReadOnlySpan<byte> text) => text.StartsWith("tree\n"u8) || text.StartsWith("tree\r"u8);

    /// <summary>The forest that <paramref name="text"/> describes.</summary>
    /// <param name="text">The whole file, UTF-8.</param>
    /// <param name="limits">Bounds; null for <see cref="ForestLimits.Default"/>.</param>
    /// <exception cref="ForestException">It is no such model, exceeds a bound, or uses what is not supported: the message names line, field and what was expected.</exception>
    public static Forest Read(ReadOnlySpan<byte> text, ForestLimits? limits = null)
    {
        limits ??= ForestLimits.Default;
        if (text.Length > limits.Bytes) throw new ForestException($"expected at most {limits.Bytes} bytes; got {text.Length}");
        var lines = new Lines(text);
        if (!lines.Next(out int start, out int length) || !text.Slice(start, length).SequenceEqual("tree"u8))
        {
            throw LightGbmSection.Fault(1, "expected 'tree', as LightGBM's text models begin");
        }


        var header = new LightGbmSection(text, 1);
        bool more = ReadSection(ref lines, text, header, out int tree);
        LightGbmHeader head = LightGbmHeader.Read(header, limits);
        var trees = ImmutableArray.CreateBuilder<Tree>();
        int leaves = 0;
        while (more)
        {
            if (tree != trees.Count) throw LightGbmSection.Fault(lines.Number, $"Tree: expected {trees.Count}; got {tree}");
            if (trees.Count >= limits.Trees) throw LightGbmSection.Fault(lines.Number, $"Tree: expected at most {limits.Trees} trees; got more");
            var section = new LightGbmSection(text, lines.Number);
            more = ReadSection(ref lines, text, section, out tree);
            trees.Add(LightGbmTree.Read(section, head.Features.Length, limits));
            leaves += trees[^1].Leaves.Length;
            if (leaves > limits.AllLeaves) throw LightGbmSection.Fault(section.Line, $"num_leaves: expected at most {limits.AllLeaves} over all trees; got more");
        }

        if (trees.Count % head.Classes != 0) throw LightGbmSection.Fault(lines.Number, $"Tree: expected a multiple of {head.Classes} trees, one per class; got {trees.Count}");
        return new Forest
        {
            Source = "lightgbm",
            Objective = head.Objective,
            Features = head.Features,
            Trees = trees.ToImmutable(),
            Classes = head.Classes,
            ClassOfTree = [.. Enumerable.Range(0, trees.Count).Select(index => index % head.Classes)],
            Start = [.. new double[head.Classes]],
            Divisor = head.Averaged ? Math.Max(1, trees.Count / head.Classes) : 1,
            Transform = head.Transform,
        };
    }

    /// <summary>Reads lines into <paramref name="section"/> up to the next tree (true, and its number) or the end of trees (false).</summary>
    private static bool ReadSection(ref Lines lines, ReadOnlySpan<byte> text, LightGbmSection section, out int tree)
    {
        while (lines.Next(out int start, out int length))
        {
            ReadOnlySpan<byte> line = text.Slice(start, length);
            if (length == 0) continue;
            tree = 0;
            if (line.SequenceEqual("end of trees"u8)) return false;
            if (line.StartsWith("Tree="u8))
            {
                return int.TryParse(line[5..], out tree) ? true : throw LightGbmSection.Fault(lines.Number, "Tree: expected a whole number after '='");
            }

            section.Add(lines.Number, start, length);
        }

        throw LightGbmSection.Fault(lines.Number, "expected 'end of trees'; the file ends before it");
    }

    /// <summary>Lines with their numbers; a carriage return at the end is no part of one.</summary>
    private ref struct Lines(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _at;

        internal int Number { get; private set; }

        internal bool Next(out int start, out int length)
        {
            start = _at;
            length = 0;
            if (_at >= _text.Length) return false;
            int end = _text[_at..].IndexOf((byte)'\n');
            length = end < 0 ? _text.Length - _at : end;
            _at += length + 1;
            if (length > 0 && _text[start + length - 1] == (byte)'\r') length--;
            Number++;
            return true;
        }
    }
}
