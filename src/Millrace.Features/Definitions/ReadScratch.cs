using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>Buffers of one read under way, grown as needed and kept for the next.</summary>
internal sealed class ReadScratch
{
    private readonly int[] _recent = new int[FeatureOptions.MostRecent];
    private readonly CandidateIndex _candidates = new();
    private bool _indexed;
    private int[] _rows = [];
    private uint[] _cells = [];
    private float[] _columns = [];
    private double[] _doubles = [];
    private int[] _integers = [];
    private PersonItems[] _items = [];
    private int? _recentCount;
    private int _count;
    private int _stride;

    /// <summary>The last tally of values, which the next takes the place of.</summary>
    internal ValueTally Tally { get; } = new();

    /// <summary>Rows of items of the decision.</summary>
    internal KnownRows Known { get; } = new();

    /// <summary>The candidates' rows; as many of −1 behind them as fill up the last lanes.</summary>
    internal ReadOnlySpan<int> Rows => _rows.AsSpan(0, _count);

    /// <summary>Forgets what the decision before knew of its person: histories may be read from here on, before any candidate is known.</summary>
    internal void BeginPerson()
    {
        foreach (var items in _items)
        {
            items.Clear();
        }

        Known.Begin();
        _recentCount = null;
    }

    internal void Begin(in ReadInputs inputs, int features)
    {
        var candidates = inputs.Rows.Length;
        (_count, _stride) = (Lanes.Whole(candidates), StrideOf(candidates));
        var cells = Lanes.Whole(inputs.Snapshot.Served * (sizeof(long) / sizeof(uint)));
        Grow(ref _rows, 1);
        Grow(ref _cells, cells);
        Grow(ref _columns, features);
        BeginPerson();
        inputs.Rows.CopyTo(_rows);
        _rows.AsSpan(candidates, _count - candidates).Fill(-1);
        _indexed = false;
        inputs.Snapshot.Gather(Rows, cells, _cells, _stride);
    }

    /// <summary>Makes a column missing where the item is unknown.</summary>
    internal void Blank(Span<float> column)
    {
        var rows = Rows;
        for (var i = 0; i < rows.Length; i += Lanes.Count)
        {
            var unknown = Vector256.LessThan(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(rows), (nuint)i), Vector256<int>.Zero);
            if (unknown != Vector256<int>.Zero)
            {
                Vector256.ConditionalSelect(unknown.AsSingle(), Vector256.Create(float.NaN), Lanes.Load(column, i)).CopyTo(column[i..]);
            }
        }
    }

    /// <inheritdoc cref="FeatureRead.Candidates"/>
    internal CandidateIndex Candidates()
    {
        if (!_indexed)
        {
            _candidates.Fill(Rows);
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

    /// <summary>Cell <paramref name="at"/> of all candidates.</summary>
    internal ReadOnlySpan<uint> Cells(int at) => _cells.AsSpan(at * _stride, _count);

    /// <summary>All cells of a candidate.</summary>
    internal CellRow Row(int candidate) => new(_cells.AsSpan(candidate), _stride);

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

    internal Span<int> Integers(int length)
    {
        if (_integers.Length < length)
        {
            _integers = new int[length];
        }

        return _integers.AsSpan(0, length);
    }

    /// <summary>The column of a feature.</summary>
    internal Span<float> Column(int index) => _columns.AsSpan(index * _stride, _count);

    private void Grow<T>(ref T[] buffer, int columns)
    {
        if (buffer.Length < _stride * columns)
        {
            buffer = new T[Math.Max(_stride, StrideOf(256)) * columns];
        }
    }

    // An odd number of lines: of the first-level cache, the cells of one candidate are in as many sets as there are columns.
    private static int StrideOf(int candidates)
    {
        const int InLine = Cache.LineBytes / sizeof(uint);
        return InLine * (((candidates + InLine - 1) / InLine) | 1);
    }
}
