using System.Runtime.InteropServices;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>Working memory of searches, one at a time. It grows to what they need and is then reused: a search allocates nothing.</summary>
public sealed class VectorScratch
{
    private float[] _unit = [];
    private sbyte[] _codes = [];
    private float[] _means = [];
    private float[] _deviations = [];
    private float[] _shares = [];
    private int[] _order = [];
    private int[] _rows = [];

    /// <summary>Lists that the last search looked at; 0 when it looked at an exact set of rows.</summary>
    public int Probed { get; internal set; }

    /// <summary>Rows whose similarity the last search computed from codes.</summary>
    public long Scanned { get; internal set; }

    /// <summary>Rows whose similarity the last search computed from the vectors.</summary>
    public int Reranked { get; internal set; }

    internal NearestCollector Nearest { get; } = new();

    internal ReadOnlySpan<float> Unit => _unit;

    internal int Groups => _codes.Length / sizeof(int);

    internal float Scale { get; private set; }

    internal int Offset { get; private set; }

    internal ref int Words => ref MemoryMarshal.GetReference(MemoryMarshal.Cast<sbyte, int>(_codes));

    /// <summary>Takes a query; false when it has no direction.</summary>
    internal bool Take(ReadOnlySpan<float> query, int stride)
    {
        if (_unit.Length != stride)
        {
            _unit = new float[stride];
            _codes = new sbyte[stride];
        }

        Probed = 0;
        Scanned = 0;
        Reranked = 0;
        if (!FloatDot.Normalise(query, _unit)) return false;
        Encode();
        return true;
    }

    /// <summary>Takes a vector of length 1, padded.</summary>
    internal void TakeUnit(ReadOnlySpan<float> unit)
    {
        if (_unit.Length != unit.Length)
        {
            _unit = new float[unit.Length];
            _codes = new sbyte[unit.Length];
        }

        unit.CopyTo(_unit);
        Encode();
    }

    internal Span<float> Means(int lists) => Sized(ref _means, lists);

    internal Span<float> Deviations(int lists) => Sized(ref _deviations, lists);

    internal Span<float> Shares(int lists) => Sized(ref _shares, lists);

    internal Span<int> Order(int lists) => Sized(ref _order, lists);

    internal Span<int> Rows(int count) => Sized(ref _rows, count);

    private void Encode()
    {
        Scale = CodeBlock.WriteQuery(_codes, _unit, out int offset);
        Offset = offset;
    }

    private static Span<T> Sized<T>(ref T[] array, int length)
    {
        if (array.Length < length) array = new T[Math.Max(length, 2 * array.Length)];
        return array.AsSpan(0, length);
    }
}
