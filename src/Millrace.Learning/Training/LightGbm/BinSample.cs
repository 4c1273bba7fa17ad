using Millrace.Features.Numerics;

namespace Millrace.Learning.Training.LightGbm;

/// <summary>
/// A uniform sample of rows that pass by once, of a size that is never exceeded (Vitter 1985, algorithm R): bins are cut by it. With no more rows than it holds it is all of them, in order, and
/// bins are what they would be with the whole matrix in memory.
/// </summary>
internal sealed class BinSample(int columns, int most, ulong seed)
{
    private const ulong Stream = 0xB125;

    private float[] _rows = [];
    private long _seen;

    internal int Columns => columns;

    internal int Rows => (int)Math.Min(_seen, most);

    internal float this[int row, int column] => _rows[((long)row * columns) + column];

    internal void Add(ReadOnlySpan<float> row)
    {
        var place = _seen < most ? _seen : (long)Math.BigMul(Philox.Draw(seed, Stream, (ulong)_seen).First, (ulong)_seen + 1, out _);
        _seen++;
        if (place >= most)
        {
            return;
        }

        if ((place + 1) * columns > _rows.Length)
        {
            Array.Resize(ref _rows, checked((int)Math.Min((long)most * columns, Math.Max(1024L * columns, 2L * _rows.Length))));
        }

        row.CopyTo(_rows.AsSpan((int)place * columns));
    }
}
