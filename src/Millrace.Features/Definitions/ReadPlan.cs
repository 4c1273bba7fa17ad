using System.Collections.Immutable;
using Millrace.Features.Numerics;

namespace Millrace.Features.Definitions;

/// <summary>
/// How the features that a policy wants are read: rows gathered once, then column by column, inputs before what is computed from them, and transposed into the row-major
/// matrix that ranking takes. Immutable; any thread runs it with a scratch of its own. Allocates nothing once the scratch has grown.
/// </summary>
internal sealed class ReadPlan
{
    private readonly ImmutableArray<int> _order;
    private readonly ImmutableArray<int> _wanted;
    private readonly int _bare;

    /// <param name="features">The set.</param>
    /// <param name="names">The columns, in the order of the matrix.</param>
    /// <param name="bare">The feature that is left missing where it is, whatever its default; null, when all have theirs.</param>
    /// <exception cref="ArgumentException">The set has no such feature.</exception>
    internal ReadPlan(FeatureSet features, IEnumerable<string> names, string? bare = null)
    {
        _bare = bare is null ? -1 : features.IndexOf(bare);
        Features = features;
        _wanted = [.. names.Select(name => features.IndexOf(name) is var index and >= 0 ? index : throw new ArgumentException($"there is no feature '{name}'", nameof(names)))];
        var order = new List<int>();
        foreach (var index in _wanted)
        {
            Visit(index, order);
        }

        _order = [.. order];
    }

    /// <summary>The set that its indexes are of.</summary>
    internal FeatureSet Features { get; }

    /// <summary>How many columns the matrix has.</summary>
    internal int Columns => _wanted.Length;

    /// <summary>Reads all columns for all candidates.</summary>
    /// <param name="inputs">What the decision knows.</param>
    /// <param name="scratch">Buffers, nobody else's until this returns.</param>
    /// <param name="matrix">Row-major, candidates × <see cref="Columns"/>; NaN is missing.</param>
    internal void Run(in ReadInputs inputs, ReadScratch scratch, Span<float> matrix)
    {
        scratch.Begin(inputs, Features.Definitions.Length);
        foreach (var index in _order)
        {
            var bound = Features.Bound(index);
            var column = scratch.Column(index);
            column.Fill(float.NaN);
            var read = new FeatureRead(inputs, bound, scratch);
            bound.Definition.Read(read, column);
            read.Expire(column);
            if (bound.Definition.Info.Default is { } otherwise && index != _bare)
            {
                column.Replace(float.NaN, otherwise);
            }
        }

        Transpose(scratch, matrix[..(inputs.Rows.Length * _wanted.Length)]);
    }

    /// <summary>Copies the columns into the matrix, eight at a time; the last eight are those of which some may be there already.</summary>
    private void Transpose(ReadScratch scratch, Span<float> matrix)
    {
        var width = _wanted.Length;
        for (var to = 0; to + Transposition.Side <= width; to += Transposition.Side)
        {
            TransposeEight(scratch, to, matrix);
        }

        if (width > Transposition.Side && width % Transposition.Side != 0)
        {
            TransposeEight(scratch, width - Transposition.Side, matrix);
        }

        for (var to = 0; to < width && width < Transposition.Side; to++)
        {
            var column = scratch.Column(_wanted[to]);
            for (var (i, at) = (0, to); at < matrix.Length; i++, at += width)
            {
                matrix[at] = column[i];
            }
        }
    }

    private void TransposeEight(ReadScratch scratch, int to, Span<float> matrix)
    {
        ReadOnlySpan<float> a = scratch.Column(_wanted[to]);
        ReadOnlySpan<float> b = scratch.Column(_wanted[to + 1]);
        ReadOnlySpan<float> c = scratch.Column(_wanted[to + 2]);
        ReadOnlySpan<float> d = scratch.Column(_wanted[to + 3]);
        ReadOnlySpan<float> e = scratch.Column(_wanted[to + 4]);
        ReadOnlySpan<float> f = scratch.Column(_wanted[to + 5]);
        ReadOnlySpan<float> g = scratch.Column(_wanted[to + 6]);
        ReadOnlySpan<float> h = scratch.Column(_wanted[to + 7]);
        Span<float> last = stackalloc float[Transposition.Side * Transposition.Side];
        var width = _wanted.Length;
        var count = matrix.Length / width;
        for (var i = 0; i < count; i += Transposition.Side)
        {
            var whole = i + Transposition.Side <= count;
            Transposition.Write(
                Lanes.Load(a, i),
                Lanes.Load(b, i),
                Lanes.Load(c, i),
                Lanes.Load(d, i),
                Lanes.Load(e, i),
                Lanes.Load(f, i),
                Lanes.Load(g, i),
                Lanes.Load(h, i),
                whole ? matrix[((i * width) + to)..] : last,
                whole ? width : Transposition.Side);
        }

        for (var i = count - (count % Transposition.Side); i < count; i++)
        {
            last.Slice(i % Transposition.Side * Transposition.Side, Transposition.Side).CopyTo(matrix[((i * width) + to)..]);
        }
    }

    // The set has no cycles: it was checked when it was made.
    private void Visit(int index, List<int> order)
    {
        if (order.Contains(index))
        {
            return;
        }

        foreach (var input in Features.Bound(index).Inputs)
        {
            Visit(input, order);
        }

        order.Add(index);
    }
}
