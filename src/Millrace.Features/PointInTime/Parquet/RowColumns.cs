using Parquet;
using Parquet.Schema;

namespace Millrace.Features.PointInTime.Parquet;

/// <summary>One row group's columns in memory, used again for each: of 65,536 rows and 30 features about 11 MB.</summary>
internal sealed class RowColumns
{
    /// <summary>How many columns stand before the features.</summary>
    public const int Fixed = 5;

    private readonly string[] _decisions;
    private readonly long[] _times;
    private readonly string[] _items;
    private readonly int[] _ranks;
    private readonly double[] _propensities;
    private readonly float[][] _features;
    private readonly int[] _defined;

    public RowColumns(IReadOnlyCollection<string> features, int rows)
    {
        (_decisions, _times, _items, _ranks, _propensities) = (new string[rows], new long[rows], new string[rows], new int[rows], new double[rows]);
        _defined = new int[rows];
        _features = [.. features.Select(_ => new float[rows])];
        Schema = new ParquetSchema(
        [
            new DataField<string>("decision", nullable: false),
            new DataField<long>("time", nullable: false), // µs; Parquet.Net 6.1.0 states the least and greatest of a timestamp in ms, and readers then skip what they should read.
            new DataField<string>("item", nullable: false),
            new DataField<int>("rank", nullable: false),
            new DataField<double>("propensity", nullable: false),
            .. features.Select(name => new DataField<float>(name, nullable: true)),
        ]);
    }

    public ParquetSchema Schema { get; }

    public int Count { get; private set; }

    public bool IsFull => Count == _items.Length;

    /// <summary>Copies rows from one on, as many as there is room for.</summary>
    /// <returns>How many.</returns>
    public int Add(in DecisionRows rows, int from)
    {
        var count = Math.Min(rows.Items.Length - from, _items.Length - Count);
        _decisions.AsSpan(Count, count).Fill(rows.Decision);
        _times.AsSpan(Count, count).Fill(rows.Time.Value);
        rows.Items.Span.Slice(from, count).CopyTo(_items.AsSpan(Count));
        rows.Ranks.Span.Slice(from, count).CopyTo(_ranks.AsSpan(Count));
        rows.Propensities.Span.Slice(from, count).CopyTo(_propensities.AsSpan(Count));
        var matrix = rows.Matrix.Span[(from * _features.Length)..];
        for (var r = 0; r < count; r++)
        {
            for (var c = 0; c < _features.Length; c++)
            {
                _features[c][Count + r] = matrix[(r * _features.Length) + c];
            }
        }

        Count += count;
        return count;
    }

    /// <summary>Writes what is held as one row group, and holds nothing afterwards.</summary>
    public async ValueTask WriteAsync(ParquetWriter file, CancellationToken cancellation)
    {
        using var group = file.CreateRowGroup();
        var fields = Schema.DataFields;
        await group.WriteAsync(fields[0], new ArraySegment<string>(_decisions, 0, Count));
        await group.WriteAsync<long>(fields[1], _times.AsMemory(0, Count), cancellationToken: cancellation);
        await group.WriteAsync(fields[2], new ArraySegment<string>(_items, 0, Count));
        await group.WriteAsync<int>(fields[3], _ranks.AsMemory(0, Count), cancellationToken: cancellation);
        await group.WriteAsync<double>(fields[4], _propensities.AsMemory(0, Count), cancellationToken: cancellation);
        for (var c = 0; c < _features.Length; c++)
        {
            var present = DropMissing(_features[c].AsSpan(0, Count), _defined);
            await group.WriteAllPartsAsync<float>(fields[Fixed + c], _features[c].AsMemory(0, present), _defined.AsMemory(0, Count), null, cancellation);
        }

        group.CompleteValidate();
        Count = 0;
    }

    /// <summary>Moves the values that are there to the front, and says of each row whether it has one. NaN is null in the file (docs/decisions/0021-parquet.md).</summary>
    private static int DropMissing(Span<float> column, Span<int> defined)
    {
        var present = 0;
        for (var r = 0; r < column.Length; r++)
        {
            var isThere = !float.IsNaN(column[r]);
            defined[r] = isThere ? 1 : 0;
            column[present] = column[r];
            present += defined[r];
        }

        return present;
    }
}
