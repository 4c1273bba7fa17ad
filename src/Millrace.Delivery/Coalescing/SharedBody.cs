namespace Millrace.Delivery.Coalescing;

/// <summary>
/// A body as it arrives: one writer, any number of readers, each from the first byte. While it may still be stored all of it is kept. Once it is
/// too large (<see cref="MakeWindow"/>) nobody may join, what all readers have read is let go, and the writer waits for the slowest, whom the
/// front end's minimum data rate cuts off if need be.
/// </summary>
internal sealed class SharedBody(FillBudget budget)
{
    /// <summary>Below the large object heap's threshold of 85,000 bytes.</summary>
    public const int ChunkBytes = 64 * 1024;

    private const int WindowChunks = 4;

    private readonly Lock _gate = new();
    private readonly List<Chunk> _chunks = [];
    private readonly List<Reader> _readers = [];
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _room = NewSignal();
    private int _firstChunk;
    private bool _window;
    private bool _complete;
    private Exception? _fault;
    private long _taken;

    public long Length { get; private set; }

    /// <summary>A reader from the first byte, or null once those bytes are gone.</summary>
    public Reader? Open()
    {
        lock (_gate)
        {
            if (_window || _firstChunk > 0)
            {
                return null;
            }

            var reader = new Reader(this);
            _readers.Add(reader);
            return reader;
        }
    }

    /// <summary>Memory to read into, never empty. Only the writer calls.</summary>
    public Memory<byte> Space(long? expected)
    {
        lock (_gate)
        {
            if (_chunks.Count > 0 && _chunks[^1] is { } last && last.Used < last.Bytes.Length)
            {
                return last.Bytes.AsMemory(last.Used);
            }

            var left = expected is { } total && total > Length ? total - Length : Length == 0 ? 4096 : ChunkBytes;
            var chunk = new Chunk(new byte[Math.Min(left, ChunkBytes)]);
            if (!_window && !budget.TryTake(chunk.Bytes.Length))
            {
                BeginWindow();
            }
            else if (!_window)
            {
                _taken += chunk.Bytes.Length;
            }

            _chunks.Add(chunk);
            return chunk.Bytes;
        }
    }

    public void Commit(int bytes)
    {
        lock (_gate)
        {
            _chunks[^1].Used += bytes;
            Length += bytes;
            Wake(ref _changed);
        }
    }

    public bool IsWindow
    {
        get
        {
            lock (_gate)
            {
                return _window;
            }
        }
    }

    public void MakeWindow()
    {
        lock (_gate)
        {
            BeginWindow();
        }
    }

    /// <summary>In window mode, waits until the slowest reader is near.</summary>
    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (!_window || _chunks.Count <= WindowChunks || _readers.Count == 0)
                {
                    return;
                }

                room = _room.Task;
            }

            await room.WaitAsync(cancellationToken);
        }
    }

    public void Complete()
    {
        lock (_gate)
        {
            _complete = true;
            Wake(ref _changed);
        }
    }

    public void Fail(Exception fault)
    {
        lock (_gate)
        {
            _fault = fault;
            Wake(ref _changed);
        }
    }

    /// <summary>The chunks for the store, each cut to its content. Call once, complete and never windowed.</summary>
    public byte[][] Freeze()
    {
        lock (_gate)
        {
            return [.. _chunks.Where(static c => c.Used > 0).Select(static c => c.Used == c.Bytes.Length ? c.Bytes : c.Bytes.AsSpan(0, c.Used).ToArray())];
        }
    }

    /// <summary>Gives the budget back; the writer's last call.</summary>
    public void Release()
    {
        lock (_gate)
        {
            budget.Return(_taken);
            _taken = 0;
        }
    }

    private void BeginWindow()
    {
        _window = true;
        budget.Return(_taken);
        _taken = 0;
        Trim();
    }

    private void Trim()
    {
        if (!_window)
        {
            return;
        }

        var slowest = _readers.Count == 0 ? _firstChunk + _chunks.Count : _readers.Min(static r => r.ChunkIndex);
        var gone = Math.Min(slowest - _firstChunk, Math.Max(0, _chunks.Count - 1));
        if (gone > 0)
        {
            _chunks.RemoveRange(0, gone);
            _firstChunk += gone;
        }

        Wake(ref _room);
    }

    private static void Wake(ref TaskCompletionSource signal)
    {
        signal.TrySetResult();
        signal = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Chunk(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;

        public int Used { get; set; }
    }

    /// <summary>One reader's place.</summary>
    public sealed class Reader(SharedBody body) : IDisposable
    {
        private int _offset;

        public int ChunkIndex { get; private set; }

        /// <summary>The next bytes, valid until the next call; empty at the end.</summary>
        /// <exception cref="IOException">The origin's body ended early.</exception>
        public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Task changed;
                lock (body._gate)
                {
                    if (TryTake(out var bytes))
                    {
                        return bytes;
                    }

                    if (body._fault is not null)
                    {
                        throw new IOException("The origin's body ended early.", body._fault);
                    }

                    if (body._complete)
                    {
                        return default;
                    }

                    changed = body._changed.Task;
                }

                await changed.WaitAsync(cancellationToken);
            }
        }

        public void Dispose()
        {
            lock (body._gate)
            {
                body._readers.Remove(this);
                body.Trim();
            }
        }

        private bool TryTake(out ReadOnlyMemory<byte> bytes)
        {
            bytes = default;
            while (ChunkIndex - body._firstChunk is var index && index < body._chunks.Count)
            {
                var chunk = body._chunks[index];
                if (_offset < chunk.Used)
                {
                    bytes = chunk.Bytes.AsMemory(_offset, chunk.Used - _offset);
                    _offset = chunk.Used;
                    return true;
                }

                if (chunk.Used < chunk.Bytes.Length)
                {
                    return false;
                }

                ChunkIndex++;
                _offset = 0;
                body.Trim();
            }

            return false;
        }
    }
}
