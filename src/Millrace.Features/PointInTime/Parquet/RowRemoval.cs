using System.IO.Compression;
using Millrace.Journal;
using Millrace.Journal.Segments;
using Parquet;
using Parquet.Schema;

namespace Millrace.Features.PointInTime.Parquet;

/// <summary>Takes rows out of a file of training rows: the rest stays as it is, bit for bit, under the same name, and at each moment one of the two files is there whole.</summary>
internal static class RowRemoval
{
    private const string Decision = "decision";
    private const string Time = "time";

    private static readonly ParquetOptions Options = new() { CompressionMethod = CompressionMethod.Snappy, CompressionLevel = CompressionLevel.Fastest };

    /// <summary>How many rows each decision of a file has.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static async Task<IReadOnlyCollection<DecisionCount>> DecisionsOfAsync(string path, CancellationToken cancellation)
    {
        var decisions = new Dictionary<string, DecisionCount>(StringComparer.Ordinal);
        await using var reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellation);
        var (field, time) = (FieldOf(reader, Decision, path), FieldOf(reader, Time, path));
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var rows = reader.OpenRowGroupReader(group);
            var (ids, times) = (await TextsAsync(rows, field, cancellation), await TimesAsync(rows, time, cancellation));
            for (var row = 0; row < ids.Length; row++)
            {
                decisions[ids[row]!] = new DecisionCount(ids[row]!, new UnixMicros(times[row]), decisions.GetValueOrDefault(ids[row]!).Rows + 1);
            }
        }

        return decisions.Values;
    }

    /// <summary>Writes the file anew without the rows of some decisions, durably.</summary>
    /// <exception cref="IOException">The file cannot be read, or the disk refuses.</exception>
    internal static async Task RemoveAsync(string path, Func<string, bool> goes, CancellationToken cancellation)
    {
        var next = path + RowFiles.Unfinished;
        try
        {
            await using (var reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellation))
            await using (var stream = new FileStream(next, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1 << 16))
            {
                await CopyAsync(reader, FieldOf(reader, Decision, path), stream, goes, cancellation);
                stream.Flush(flushToDisk: true);
            }

            DiskFiles.Instance.Move(next, path);
            DiskFiles.Instance.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch
        {
            File.Delete(next);
            throw;
        }
    }

    private static async Task CopyAsync(ParquetReader reader, DataField decision, Stream into, Func<string, bool> goes, CancellationToken cancellation)
    {
        await using var writer = await ParquetWriter.CreateAsync(reader.Schema, into, Options, cancellationToken: cancellation);
        writer.CustomMetadata = reader.CustomMetadata;
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var from = reader.OpenRowGroupReader(group);
            var decisions = await TextsAsync(from, decision, cancellation);
            int[] kept = [.. Enumerable.Range(0, decisions.Length).Where(row => !goes(decisions[row]!))];
            if (kept.Length == 0)
            {
                continue;
            }

            using var to = writer.CreateRowGroup();
            foreach (var field in reader.Schema.DataFields)
            {
                await CopyAsync(from, to, field, decisions.Length, kept, cancellation);
            }

            to.CompleteValidate();
        }
    }

    private static Task CopyAsync(ParquetRowGroupReader from, ParquetRowGroupWriter to, DataField field, int rows, int[] kept, CancellationToken cancellation) =>
        field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>) ? CopyTextsAsync(from, to, field, kept, cancellation)
        : field.ClrType == typeof(long) ? CopyAsync<long>(from, to, field, rows, kept, cancellation)
        : field.ClrType == typeof(int) ? CopyAsync<int>(from, to, field, rows, kept, cancellation)
        : field.ClrType == typeof(double) ? CopyAsync<double>(from, to, field, rows, kept, cancellation)
        : field.ClrType == typeof(float) ? CopyAsync<float>(from, to, field, rows, kept, cancellation)
        : field.ClrType == typeof(bool) ? CopyAsync<bool>(from, to, field, rows, kept, cancellation)
        : throw new IOException($"column {field.Name} is of {field.ClrType.Name}, which no build writes");

    private static async Task CopyAsync<T>(ParquetRowGroupReader from, ParquetRowGroupWriter to, DataField field, int rows, int[] kept, CancellationToken cancellation)
        where T : struct
    {
        if (field.IsNullable)
        {
            var values = new T?[rows];
            await from.ReadAsync<T>(field, values, cancellationToken: cancellation);
            await to.WriteAsync<T>(field, Pick(values, kept), cancellationToken: cancellation);
        }
        else
        {
            var values = new T[rows];
            await from.ReadAsync<T>(field, values, cancellationToken: cancellation);
            await to.WriteAsync<T>(field, Pick(values, kept), cancellationToken: cancellation);
        }
    }

    private static async Task CopyTextsAsync(ParquetRowGroupReader from, ParquetRowGroupWriter to, DataField field, int[] kept, CancellationToken cancellation) =>
        await to.WriteAsync(field, Pick(await TextsAsync(from, field, cancellation), kept)!);

    private static async Task<string?[]> TextsAsync(ParquetRowGroupReader from, DataField field, CancellationToken cancellation)
    {
        var texts = new string?[from.RowCount];
        await from.ReadAsync(field, texts!, cancellationToken: cancellation);
        return texts;
    }

    /// <summary>Every row has a time; what another writer wrote is declared as if it might not.</summary>
    private static async Task<long[]> TimesAsync(ParquetRowGroupReader rows, DataField field, CancellationToken cancellation)
    {
        if (field.IsNullable)
        {
            var found = new long?[rows.RowCount];
            await rows.ReadAsync<long>(field, found, cancellationToken: cancellation);
            return [.. found.Select(time => time.GetValueOrDefault())];
        }

        var times = new long[rows.RowCount];
        await rows.ReadAsync<long>(field, times, cancellationToken: cancellation);
        return times;
    }

    private static T[] Pick<T>(T[] values, int[] kept) => [.. kept.Select(row => values[row])];

    private static DataField FieldOf(ParquetReader reader, string name, string path) =>
        reader.Schema.DataFields.FirstOrDefault(field => field.Name == name) ?? throw new IOException($"{path} has no column '{name}': no build wrote it");
}
