using Millrace.Api.Json;
using Millrace.Journal;

namespace Millrace.Api;

/// <summary>Streams NDJSON: one record per line, in batches, with memory for one line and one batch. Lines count from 1, blank ones too.</summary>
internal sealed class NdjsonRecords<T>(Stream body, Shape<T> shape, ApiServices services)
{
    private readonly byte[] _buffer = new byte[services.Limits.RequestLine + 1];
    private readonly UnixMicros _now = services.Now;
    private int _start;
    private int _end;
    private int _line;
    private bool _over;
    private bool _skipping;

    /// <summary>The line that follows the last batch handed out.</summary>
    public int NextLine { get; private set; } = 1;

    /// <summary>The next records, at most <see cref="ApiLimits.BatchRecords"/>; empty at the end.</summary>
    /// <exception cref="ProblemException">The body breaks a bound or its encoding; the records read since <see cref="NextLine"/> are not handed out.</exception>
    public async Task<List<BatchRecord<T>>> NextAsync(CancellationToken cancellation)
    {
        var batch = new List<BatchRecord<T>>();
        while (batch.Count < services.Limits.BatchRecords)
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

        NextLine = _line + 1;
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
                services.Metrics.LimitHit("requestLine");
                batch.Add(new(_line + 1, default!, [new("", $"a line of at most {services.Limits.RequestLine} bytes", "a longer one")]));
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
        if (_line > services.Limits.RequestLines)
        {
            services.Metrics.LimitHit("requestLines");
            throw new ProblemException(ProblemReason.TooLarge, $"Expected at most {services.Limits.RequestLines} lines.");
        }

        var line = _buffer.AsSpan(_start, length);
        if (_skipping)
        {
            _skipping = false;
        }
        else if (!line.Trim(" \t\r"u8).IsEmpty)
        {
            var at = new Reading(_now, services.Limits.MaxFaults);
            StrictJson.Read(line, shape, at, out var value);
            batch.Add(new(_line, value!, at.Faults));
        }
    }
}
