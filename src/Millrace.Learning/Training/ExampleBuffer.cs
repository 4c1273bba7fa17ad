using DuckDB.NET.Data;

namespace Millrace.Learning.Training;

/// <summary>The columns of one batch, used again for the next.</summary>
internal sealed class ExampleBuffer(int rows, int features)
{
    private readonly float[] _matrix = new float[(long)rows * features];
    private readonly float[] _labels = new float[rows];
    private readonly float[] _weights = new float[rows];
    private readonly ulong[] _decisions = new ulong[rows];
    private readonly ulong[] _persons = new ulong[rows];
    private readonly long[] _times = new long[rows];
    private readonly int[] _ranks = new int[rows];
    private readonly double[] _propensities = new double[rows];
    private readonly float[] _hits = new float[rows];
    private readonly float[] _waits = new float[rows];

    public int Count { get; private set; }

    public bool IsFull => Count == rows;

    /// <summary>Takes the row at which a reader stands; its features begin at a column.</summary>
    public void Add(DuckDBDataReader reader, int first, float weight)
    {
        _times[Count] = reader.GetInt64(0);
        _decisions[Count] = unchecked((ulong)reader.GetInt64(1));
        _persons[Count] = unchecked((ulong)reader.GetInt64(2));
        _ranks[Count] = reader.GetInt32(3);
        _propensities[Count] = reader.GetDouble(4);
        _labels[Count] = reader.GetFloat(5);
        _weights[Count] = weight;
        _hits[Count] = reader.GetFloat(7);
        _waits[Count] = reader.GetFloat(8);
        var row = _matrix.AsSpan(Count * features, features);
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = reader.GetFloat(first + i);
        }

        Count++;
    }

    /// <summary>What was taken; it stands until the next row is added.</summary>
    public ExampleBatch Take()
    {
        var count = Count;
        Count = 0;
        return new ExampleBatch
        {
            Count = count,
            Matrix = _matrix.AsMemory(0, count * features),
            Labels = _labels.AsMemory(0, count),
            Weights = _weights.AsMemory(0, count),
            Decisions = _decisions.AsMemory(0, count),
            Persons = _persons.AsMemory(0, count),
            Times = _times.AsMemory(0, count),
            Ranks = _ranks.AsMemory(0, count),
            Propensities = _propensities.AsMemory(0, count),
            Hits = _hits.AsMemory(0, count),
            FirstByteMillis = _waits.AsMemory(0, count),
        };
    }
}
