using System.IO.Compression;
using Parquet;

namespace Millrace.Features.PointInTime.Parquet;

/// <summary>
/// Writes the rows of one slice to Parquet files. Each is written under another name, made durable and renamed, so that what has its name is whole; a slice is done
/// once its last file is there (<see cref="RowFiles.IsDoneAsync"/>), and is begun anew otherwise. Memory is one row group.
/// </summary>
public sealed class ParquetRowSink : IRowSink
{
    // The default level is the smallest size, with which zstd takes fifty times as long.
    private static readonly ParquetOptions Options = new() { CompressionMethod = CompressionMethod.Snappy, CompressionLevel = CompressionLevel.Fastest };

    private readonly string _directory;
    private readonly RowSlice _slice;
    private readonly RowFileOptions _options;
    private readonly RowColumns _columns;
    private FileStream? _stream;
    private ParquetWriter? _file;
    private int _part;
    private long _fileRows;
    private bool _done;

    /// <summary>Begins a slice; what an earlier run left of it goes.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public ParquetRowSink(string directory, RowSlice slice, RowFileOptions options)
    {
        ArgumentNullException.ThrowIfNull(slice);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.GroupRows, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FileRows, options.GroupRows, nameof(options));
        (_directory, _slice, _options) = (directory, slice, options);
        _columns = new RowColumns(slice.Features, options.GroupRows);
        RowFiles.Begin(directory, slice);
    }

    /// <summary>How many rows the slice has so far.</summary>
    public long Rows { get; private set; }

    /// <inheritdoc />
    public ValueTask WriteAsync(in DecisionRows rows, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_done, this);
        var count = rows.Items.Length;
        if (rows.Matrix.Length != count * _slice.Features.Length)
        {
            throw new ArgumentException($"rows: expected {count} × {_slice.Features.Length} values, got {rows.Matrix.Length}", nameof(rows));
        }

        var added = _columns.Add(rows, 0);
        Rows += count;
        return added == count && !_columns.IsFull ? ValueTask.CompletedTask : WriteRestAsync(rows, added, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask CompleteAsync(bool isWhole = true, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_done, this);
        await FlushAsync(cancellation);
        await FinishFileAsync(isLast: isWhole, cancellation);
        _done = true;
    }

    /// <summary>Leaves a slice that was not completed undone.</summary>
    public async ValueTask DisposeAsync()
    {
        _done = true;
        if (_file is not null)
        {
            await _file.DisposeAsync();
            await _stream!.DisposeAsync();
            (_file, _stream) = (null, null);
            File.Delete(RowFiles.PathOf(_directory, _slice, _part) + RowFiles.Unfinished);
        }
    }

    private async ValueTask WriteRestAsync(DecisionRows rows, int added, CancellationToken cancellation)
    {
        while (_columns.IsFull)
        {
            await FlushAsync(cancellation);
            added += _columns.Add(rows, added);
        }
    }

    /// <summary>Writes the row group that is held, into a next file when this one has its fill: only then is it known that it is not the last.</summary>
    private async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (_file is not null && _columns.Count > 0 && _fileRows + _columns.Count > _options.FileRows)
        {
            await FinishFileAsync(isLast: false, cancellation);
            (_part, _fileRows) = (_part + 1, 0);
        }

        var file = await FileAsync(cancellation);
        if (_columns.Count > 0)
        {
            _fileRows += _columns.Count;
            await _columns.WriteAsync(file, cancellation);
        }
    }

    private async ValueTask<ParquetWriter> FileAsync(CancellationToken cancellation)
    {
        _stream ??= new FileStream(RowFiles.PathOf(_directory, _slice, _part) + RowFiles.Unfinished, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1 << 16);
        return _file ??= await ParquetWriter.CreateAsync(_columns.Schema, _stream, Options, cancellationToken: cancellation);
    }

    private async ValueTask FinishFileAsync(bool isLast, CancellationToken cancellation)
    {
        var file = await FileAsync(cancellation);
        file.CustomMetadata = RowFiles.MetadataOf(_slice, _part, isLast);
        await file.DisposeAsync(); // Writes the footer.
        _stream!.Flush(flushToDisk: true);
        await _stream.DisposeAsync();
        (_file, _stream) = (null, null);
        RowFiles.Publish(_directory, _slice, _part);
    }
}
