using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DuckDB.NET.Data;
using Millrace.Learning.DuckDb;

namespace Millrace.Learning.Training;

/// <summary>
/// Examples from files of training rows and labels, joined by decision, item and place, a slice of labels at a time: memory is <see cref="DuckDbOptions.MemoryMebibytes"/> and one batch, however
/// many examples there are. What a slice needs beyond stands in temporary files.
/// </summary>
internal sealed class ParquetExamples : IExamples
{
    private readonly ExampleQuery _query;
    private readonly ExampleSql _sql;
    private readonly ImmutableArray<ExampleSlice> _slices;
    private readonly long _latest;

    private ParquetExamples(ExampleQuery query, ExampleFiles files, ExampleSql sql, ImmutableArray<ExampleSlice> slices, long count, long latest)
    {
        (_query, _sql, _slices, _latest, Count) = (query, sql, slices, latest, count);
        (Features, Definitions, Outcomes) = (files.Features, files.Definitions, files.Outcomes);
    }

    public ImmutableArray<string> Features { get; }

    public long Count { get; }

    /// <summary>The fingerprint of the features' definitions.</summary>
    public string Definitions { get; }

    /// <summary>The fingerprint of the outcomes' definitions.</summary>
    public string Outcomes { get; }

    /// <summary>Looks through the files, and counts.</summary>
    /// <exception cref="ExamplesException">They make no examples: says why.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public static ParquetExamples Open(ExampleQuery query, CancellationToken cancellation = default)
    {
        Check(query);
        using var store = DuckDbSession.InMemory(query.Store);
        try
        {
            return Open(query, store, cancellation);
        }
        catch (DuckDBException damaged)
        {
            throw new IOException($"rows or labels cannot be read: {damaged.Message}", damaged);
        }
    }

    public async IAsyncEnumerable<ExampleBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var store = DuckDbSession.InMemory(_query.Store);
        var buffer = new ExampleBuffer((int)Math.Min(_query.Batch, Math.Max(1, Count)), Features.Length);
        foreach (var slice in _slices)
        {
            using var command = store.Command(_sql.Read(slice));
            await using var reader = (DuckDBDataReader)await command.ExecuteReaderAsync(cancellation);
            while (reader.Read())
            {
                buffer.Add(reader, ExampleSql.Fixed, Weight(reader.GetInt64(0), reader.GetFloat(5), reader.GetBoolean(6)));
                if (buffer.IsFull)
                {
                    cancellation.ThrowIfCancellationRequested();
                    yield return buffer.Take();
                }
            }
        }

        if (buffer.Count > 0)
        {
            yield return buffer.Take();
        }
    }

    private static ParquetExamples Open(ExampleQuery query, DuckDbSession store, CancellationToken cancellation)
    {
        var files = ExampleFiles.Find(query, store);
        var sql = new ExampleSql(query, files);
        var (labels, closed, joined, count, latest) = (0L, 0L, 0L, 0L, 0L);
        var slices = ImmutableArray.CreateBuilder<ExampleSlice>();
        foreach (var slice in files.Slices)
        {
            cancellation.ThrowIfCancellationRequested();
            store.Read(sql.Labels(slice), row => (labels, closed, latest) = (labels + row.GetInt64(0), closed + row.GetInt64(1), Math.Max(latest, row.GetInt64(2))));
            store.Read(sql.Count(slice), row =>
            {
                if (row.GetInt64(1) > 1)
                {
                    throw new ExamplesException($"decision and item {row.GetString(2)} are there {row.GetInt64(1)} times: {query.Rows} or {query.Labels} holds rows twice. Delete the files that were copied, or build anew");
                }

                (count, joined) = (count + row.GetInt64(0), joined + row.GetInt64(3));
                if (row.GetInt64(0) > 0)
                {
                    slices.Add(slice);
                }
            });
        }

        return count > 0
            ? new ParquetExamples(query, files, sql, slices.ToImmutable(), count, latest)
            : throw new ExamplesException(Nothing(query, labels, closed, joined));
    }

    private static string Nothing(ExampleQuery query, long labels, long closed, long joined) =>
        labels == 0 ? $"{query.Labels} holds no labels of that time"
        : closed == 0 ? $"of none of {labels:N0} labels had the window of '{query.Label}' closed when they were built: build them again later"
        : joined == 0 ? $"none of {closed:N0} closed labels has a row in {query.Rows} that is asked for: rows and labels are of other decisions, or surface, own, explored or seen leave none"
        : $"the share of negatives that is kept, {query.Negatives}, leaves none of {joined:N0} examples";

    private static void Check(ExampleQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Batch, 1, nameof(query));
        ArgumentOutOfRangeException.ThrowIfNegative(query.OtherWeight, nameof(query));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(query.PositiveWeight, nameof(query));
        if (query.Negatives is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(query), query.Negatives, "a share of negatives is above 0 and at most 1");
        }
    }

    private float Weight(long time, float label, bool isOther)
    {
        var weight = (isOther ? _query.OtherWeight : 1) * (label > 0 ? _query.PositiveWeight : 1 / _query.Negatives);
        return (float)(_query.HalfLife is { } half ? weight * Math.Pow(2, -(_latest - time) / half.TotalMicroseconds) : weight);
    }
}
