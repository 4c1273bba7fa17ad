using Millrace.Api.Json;
using Millrace.Journal;

namespace Millrace.Api;

/// <summary>Streams NDJSON: one record per line, in batches, with memory for one line and one batch. Lines count from 1, blank ones too.</summary>
internal sealed class NdjsonRecords<T>(Stream body, Shape<T> shape, UnixMicros now, ApiLimits limits)
{
    private readonly byte[] _buffer = new byte[limits.MaxLineBytes + 1];
    private int _start;
    private int _end;
    private int _line;
    private bool _over;
    private bool _skipping;

    /// <summary>The next records, at most <see cref="ApiLimits.BatchRecords"/>; empty at the end.</summary>
    public async Task<List<BatchRecord<T>>> NextAsync(CancellationToken cancellation)
    {
        var batch = new List<BatchRecord<T>>();
        while (batch.Count < limits.BatchRecords)
        {
            var line = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (line >= 0 || (_over && _end > _start))
            {
                Take(line < 0 ? _end - _start : line, batch);
                _start = line < 0 ? _end : _start + line + 1;
            }
            else if (_over)
            {
                break;
            }
            else
            {
                await FillAsync(batch, cancellation);
            }
        }

        return batch;
    }

    private async Task FillAsync(List<BatchRecord<T>> batch, CancellationToken cancellation)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_end, _start) = (_end - _start, 0);
        if (_end == _buffer.Length)
        {
            if (!_skipping)
            {
                batch.Add(new(_line + 1, default!, [new("", $"a line of at most {limits.MaxLineBytes} bytes", "a longer one")]));
            }

            (_skipping, _end) = (true, 0);
        }

        var count = await body.ReadAsync(_buffer.AsMemory(_end), cancellation);
        _over = count == 0;
        _end += count;
    }

    private void Take(int length, List<BatchRecord<T>> batch)
    {
        _line++;
        if (_line > limits.MaxRecords)
        {
            throw new ProblemException(ProblemReason.TooLarge, $"Expected at most {limits.MaxRecords} lines; whole batches before that one are applied.");
        }

        var line = _buffer.AsSpan(_start, length);
        if (_skipping)
        {
            _skipping = false;
        }
        else if (!line.Trim(" \t\r"u8).IsEmpty)
        {
            var at = new Reading(now, limits.MaxFaults);
            StrictJson.Read(line, shape, at, out var value);
            batch.Add(new(_line, value!, at.Faults));
        }
    }
}
