using System.Runtime.InteropServices;

namespace Millrace.Learning.Training.LightGbm;

/// <summary>
/// A sample as LightGBM wants it: by column, the values that are not zero and the rows where they stand. All lie in one block each, which alone is freed: LightGBM puts pointers of its own
/// in place of those it was given.
/// </summary>
internal sealed unsafe class SampledColumns : IDisposable
{
    // LightGBM's kZeroThreshold: what is nearer to zero is zero.
    private const float Zero = 1e-35f;
    private double* _values;
    private int* _indices;

    internal SampledColumns(BinSample sample)
    {
        Count = sample.Columns;
        var cells = (nuint)Math.Max(1, (long)Count * sample.Rows);
        _values = (double*)NativeMemory.Alloc(cells, sizeof(double));
        _indices = (int*)NativeMemory.Alloc(cells, sizeof(int));
        Values = (double**)NativeMemory.Alloc((nuint)Count, (nuint)sizeof(nint));
        Indices = (int**)NativeMemory.Alloc((nuint)Count, (nuint)sizeof(nint));
        Counts = (int*)NativeMemory.AllocZeroed((nuint)Count, sizeof(int));
        for (var column = 0; column < Count; column++)
        {
            Values[column] = _values + ((long)column * sample.Rows);
            Indices[column] = _indices + ((long)column * sample.Rows);
            for (var row = 0; row < sample.Rows; row++)
            {
                var value = sample[row, column];
                if (float.IsNaN(value) || Math.Abs(value) > Zero)
                {
                    Values[column][Counts[column]] = value;
                    Indices[column][Counts[column]++] = row;
                }
            }
        }
    }

    internal int Count { get; }

    internal double** Values { get; private set; }

    internal int** Indices { get; private set; }

    internal int* Counts { get; private set; }

    public void Dispose()
    {
        NativeMemory.Free(_values);
        NativeMemory.Free(_indices);
        NativeMemory.Free(Values);
        NativeMemory.Free(Indices);
        NativeMemory.Free(Counts);
        _values = null;
        _indices = null;
        Values = null;
        Indices = null;
        Counts = null;
    }
}
