using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DuckDB.NET.Data;
using Millrace.Learning.DuckDb;
using Millrace.Learning.Training;

namespace Millrace.Bench.Training;

/// <summary>The first examples of one Parquet file, then all of another: what a training reads, through DuckDB as it reads what nodes built.</summary>
internal sealed class ParquetFile(string path, long rows, string valid, long validRows) : IExamples
{
    private const int Fixed = 7;
    private const int Batch = 1 << 16;

    public ImmutableArray<string> Features { get; } = [.. Enumerable.Range(0, TrainingData.Columns).Select(static column => $"f{column}")];

    public long Count => rows + validRows;

    public async IAsyncEnumerable<ExampleBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var store = DuckDbSession.InMemory(new DuckDbOptions { MemoryMebibytes = 1_024, Threads = 1 });
        var buffer = new ExampleBuffer(Batch, TrainingData.Columns);
        foreach (var (file, count) in ((string, long)[])[(path, rows), (valid, validRows)])
        {
            using var command = store.Command($"select * from read_parquet({DuckDbSession.Files([file])}) limit {count}");
            await using var reader = (DuckDBDataReader)await command.ExecuteReaderAsync(cancellation);
            while (reader.Read())
            {
                buffer.Add(reader, Fixed, 1);
                if (buffer.IsFull)
                {
                    yield return buffer.Take();
                }
            }
        }

        if (buffer.Count > 0)
        {
            yield return buffer.Take();
        }
    }
}
