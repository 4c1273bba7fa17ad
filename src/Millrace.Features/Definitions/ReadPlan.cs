using System.Collections.Immutable;
using System.Runtime.Intrinsics;
using Millrace.Features.Online;

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
        var count = inputs.Rows.Length;
        scratch.Begin(inputs, Features.Definitions.Length);
        foreach (var index in _order)
        {
            var bound = Features.Bound(index);
            var column = scratch.Column(index, count);
            column.Fill(float.NaN);
            var read = new FeatureRead(inputs, bound, scratch);
            bound.Definition.Read(read, column);
            read.Expire(column);
            if (bound.Definition.Info.Default is { } otherwise && index != _bare)
            {
                column.Replace(float.NaN, otherwise);
            }
        }

        Transpose(scratch, matrix[..(count * _wanted.Length)]);
    }

    /// <summary>Copies the columns into the matrix, four at a time: a row's line is written once for the four.</summary>
    private void Transpose(ReadScratch scratch, Span<float> matrix)
    {
        var (width, to) = (_wanted.Length, 0);
        var count = width == 0 ? 0 : matrix.Length / width;
        for (; to + 4 <= width; to += 4)
        {
            var a = scratch.Column(_wanted[to], count);
            var b = scratch.Column(_wanted[to + 1], count)[..a.Length];
            var c = scratch.Column(_wanted[to + 2], count)[..a.Length];
            var d = scratch.Column(_wanted[to + 3], count)[..a.Length];
            for (var (i, at) = (0, to); i < a.Length; i++, at += width)
            {
                Vector128.Create(a[i], b[i], c[i], d[i]).CopyTo(matrix[at..]);
            }
        }

        for (; to < width; to++)
        {
            var column = scratch.Column(_wanted[to], count);
            for (var (i, at) = (0, to); i < column.Length; i++, at += width)
            {
                matrix[at] = column[i];
            }
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

/// <summary>Buffers of one read under way, grown as needed and kept for the next.</summary>
internal sealed class ReadScratch
{
    private readonly int[] _recent = new int[FeatureOptions.MostRecent];
    private readonly CandidateIndex _candidates = new();
    private bool _indexed;
    private long[] _served = [];
    private float[] _columns = [];
    private double[] _doubles = [];
    private PersonItems[] _items = [];
    private int? _recentCount;
    private int _stride;

    /// <summary>The last tally of values, which the next takes the place of.</summary>
    internal ValueTally Tally { get; } = new();

    /// <summary>Rows of items of the decision.</summary>
    internal KnownRows Known { get; } = new();

    internal void Begin(in ReadInputs inputs, int features)
    {
        _stride = inputs.Snapshot.Served;
        var count = inputs.Rows.Length;
        if (_served.Length < count * _stride)
        {
            _served = new long[Math.Max(count, 256) * _stride];
        }

        if (_columns.Length < count * features)
        {
            _columns = new float[Math.Max(count, 256) * features];
        }

        foreach (var items in _items)
        {
            items.Clear();
        }

        Known.Begin();
        (_indexed, _recentCount) = (false, null);
        inputs.Snapshot.Gather(inputs.Rows, _served);
    }

    /// <inheritdoc cref="FeatureRead.Candidates"/>
    internal CandidateIndex Candidates(in ReadInputs inputs)
    {
        if (!_indexed)
        {
            _candidates.Fill(inputs.Rows);
            _indexed = true;
        }

        return _candidates;
    }

    /// <inheritdoc cref="FeatureRead.Recent"/>
    internal ReadOnlySpan<int> Recent(scoped in ReadInputs inputs) => _recent.AsSpan(0, _recentCount ??= FindRecent(inputs));

    private int FindRecent(scoped in ReadInputs inputs)
    {
        var run = inputs.Person.Run(inputs.Asked);
        Span<ulong> hashes = stackalloc ulong[PersonItems.Most];
        Span<int> rows = stackalloc int[PersonItems.Most];
        hashes = hashes[..Math.Min(hashes.Length, run.Length)];
        for (var i = 0; i < hashes.Length; i++)
        {
            hashes[i] = run[i].Item;
        }

        Known.Find(inputs.Snapshot, hashes, rows);
        var count = 0;
        foreach (var row in rows[..hashes.Length])
        {
            if (row >= 0 && count < _recent.Length)
            {
                _recent[count++] = row;
            }
        }

        return count;
    }

    internal ReadOnlySpan<uint> CellsOf(int count) => _served.AsSpan(0, count * _stride).Cells();

    /// <summary>A history as rows, looked up once for each decision.</summary>
    internal PersonItems Items(in ReadInputs inputs, (PersonEntity Of, int Index) section, TimeSpan reach)
    {
        var at = 0;
        while (at < _items.Length && _items[at].Section is { } taken)
        {
            if (taken == section)
            {
                return _items[at];
            }

            at++;
        }

        if (at == _items.Length)
        {
            _items = [.. _items, new PersonItems()];
        }

        _items[at].Fill(inputs, Known, section, reach);
        return _items[at];
    }

    internal Span<double> Doubles(int length)
    {
        if (_doubles.Length < length)
        {
            _doubles = new double[length];
        }

        return _doubles.AsSpan(0, length);
    }

    internal Span<float> Column(int index, int count) => _columns.AsSpan(index * count, count);
}
