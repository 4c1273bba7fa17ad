using Parquet;
using Parquet.Schema;

namespace Millrace.Features.PointInTime.Parquet;

/// <summary>One row group's columns in memory, used again for each: of 65,536 rows and 30 features about 14 MB; less while there are fewer rows.</summary>
internal sealed class RowColumns
{
    private const int FirstRows = 1 << 10;

    private static readonly string[] FixedNames = [.. Before().Select(field => field.Name)];

    private readonly int _most;
    private string[] _decisions = [];
    private long[] _times = [];
    private string[] _items = [];
    private int?[] _ranks = [];
    private double?[] _propensities = [];
    private string?[] _slots = [];
    private string[] _surfaces = [];
    private string[] _policies = [];
    private long[] _epochs = [];
    private string[] _modes = [];
    private bool[] _explored = [];
    private readonly float[][] _features;
    private int[] _defined = [];

    public RowColumns(IReadOnlyCollection<string> features, int rows)
    {
        _most = rows;
        _features = [.. features.Select(_ => Array.Empty<float>())];
        Schema = new ParquetSchema([.. Before(), .. features.Select(name => new DataField<float>(name, nullable: true))]);
        Grow(Math.Min(rows, FirstRows));
    }

    /// <summary>How many columns stand before the features.</summary>
    public static int Fixed => FixedNames.Length;

    public static bool IsFixed(string name) => FixedNames.Contains(name);

    public ParquetSchema Schema { get; }

    public int Count { get; private set; }

    public bool IsFull => Count == _most;

    /// <summary>Copies rows from one on, as many as there is room for.</summary>
    /// <returns>How many.</returns>
    public int Add(in DecisionRows rows, int from)
    {
        var count = Math.Min(rows.Items.Length - from, _most - Count);
        if (Count + count > _items.Length)
        {
            Grow(Math.Min(_most, Math.Max(Count + count, 2 * _items.Length)));
        }

        _decisions.AsSpan(Count, count).Fill(rows.Decision);
        _times.AsSpan(Count, count).Fill(rows.Time.Value);
        _surfaces.AsSpan(Count, count).Fill(rows.Surface);
        _policies.AsSpan(Count, count).Fill(rows.Policy);
        _epochs.AsSpan(Count, count).Fill(rows.Epoch);
        _modes.AsSpan(Count, count).Fill(rows.Mode);
        var items = rows.Items.Span.Slice(from, count);
        var matrix = rows.Matrix.Span[(from * _features.Length)..];
        for (var r = 0; r < count; r++)
        {
            Place(items[r], Count + r);
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
        await group.WriteAsync(fields[0], Texts(_decisions));
        await group.WriteAsync<long>(fields[1], _times.AsMemory(0, Count), cancellationToken: cancellation);
        await group.WriteAsync(fields[2], Texts(_items));
        await group.WriteAsync<int>(fields[3], _ranks.AsMemory(0, Count), cancellationToken: cancellation);
        await group.WriteAsync<double>(fields[4], _propensities.AsMemory(0, Count), cancellationToken: cancellation);
        await group.WriteAsync(fields[5], Texts(_slots));
        await group.WriteAsync(fields[6], Texts(_surfaces));
        await group.WriteAsync(fields[7], Texts(_policies));
        await group.WriteAsync<long>(fields[8], _epochs.AsMemory(0, Count), cancellationToken: cancellation);
        await group.WriteAsync(fields[9], Texts(_modes));
        await group.WriteAsync<bool>(fields[10], _explored.AsMemory(0, Count), cancellationToken: cancellation);
        for (var c = 0; c < _features.Length; c++)
        {
            var present = DropMissing(_features[c].AsSpan(0, Count), _defined);
            await group.WriteAllPartsAsync<float>(fields[Fixed + c], _features[c].AsMemory(0, present), _defined.AsMemory(0, Count), null, cancellation);
        }

        group.CompleteValidate();
        Count = 0;
    }

    /// <summary>
    /// The columns before the features, anew for each schema: a schema sets its fields' levels as it takes them, first to zero, and a page that another writer
    /// finishes meanwhile by the same field would lack its levels.
    /// </summary>
    private static DataField[] Before() =>
    [
        new DataField<string>("decision", nullable: false),
        new DataField<long>("time", nullable: false), // µs; Parquet.Net 6.1.0 states the least and greatest of a timestamp in ms, and readers then skip what they should read.
        new DataField<string>("item", nullable: false),
        new DataField<int?>("rank"),
        new DataField<double?>("propensity"),
        new DataField<string>("slot", nullable: true),
        new DataField<string>("surface", nullable: false),
        new DataField<string>("policy", nullable: false),
        new DataField<long>("epoch", nullable: false),
        new DataField<string>("mode", nullable: false),
        new DataField<bool>("explored", nullable: false),
    ];

    private ArraySegment<string> Texts(string?[] column) => new(column!, 0, Count);

    private void Place(in RowItem item, int row)
    {
        _items[row] = item.Item;
        _ranks[row] = item.Rank;
        _propensities[row] = item.Propensity;
        _slots[row] = item.Slot;
        _explored[row] = item.Explored;
    }

    private void Grow(int rows)
    {
        Array.Resize(ref _decisions, rows);
        Array.Resize(ref _times, rows);
        Array.Resize(ref _items, rows);
        Array.Resize(ref _ranks, rows);
        Array.Resize(ref _propensities, rows);
        Array.Resize(ref _slots, rows);
        Array.Resize(ref _surfaces, rows);
        Array.Resize(ref _policies, rows);
        Array.Resize(ref _epochs, rows);
        Array.Resize(ref _modes, rows);
        Array.Resize(ref _explored, rows);
        Array.Resize(ref _defined, rows);
        foreach (ref var feature in _features.AsSpan())
        {
            Array.Resize(ref feature, rows);
        }
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
