namespace Millrace.Delivery.Storage;

/// <summary>
/// A body as it arrives: one writer, any number of readers, each from the first byte. While it may still be stored all of it is kept. Once it is
/// too large or memory is out (<see cref="MakeWindow"/>) nobody may join, what all readers have read is let go, and the writer waits for the
/// slowest, whom the front end's minimum data rate cuts off if need be. Every chunk is in the account until the last who may read it has gone.
/// </summary>
internal sealed class Filling
{
    /// <summary>Below the large object heap's threshold of 85,000 bytes.</summary>
    public const int ChunkBytes = 64 * 1024;

    private const int FirstBytes = 4 * 1024;
    private const int WindowChunks = 4;

    private readonly MemoryAccount _account;
    private readonly long? _expected;

    private readonly Lock _gate = new();
    private readonly List<Chunk> _chunks = [];
    private readonly List<Reader> _readers = [];
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _room = NewSignal();
    private int _firstChunk;
    private bool _window;
    private bool _complete;
    private bool _released;
    private Exception? _fault;
    private long _taken;
    private CachedObject? _stored;

    private Filling(MemoryAccount account, long? expected) => (_account, _expected) = (account, expected);

    /// <summary>The length in bytes that the origin stated, or null.</summary>
    public long? Expected => _expected;

    public long Length { get; private set; }

    public bool HasReaders
    {
        get
        {
            lock (_gate)
            {
                return _readers.Count > 0;
            }
        }
    }

    /// <summary>A body with room for its first bytes, or null when the account has none.</summary>
    /// <param name="account">Where its bytes are counted.</param>
    /// <param name="expected">Its length in bytes, if known.</param>
    public static Filling? TryBegin(MemoryAccount account, long? expected)
    {
        Filling body = new(account, expected);
        var bytes = body.NextBytes();
        if (!account.TryTake(bytes))
        {
            return null;
        }

        body.Add(bytes);
        return body;
    }

    /// <summary>A reader from the first byte, or null once those bytes are gone.</summary>
    public Reader? Open()
    {
        lock (_gate)
        {
            if (_window || _firstChunk > 0)
            {
                return null;
            }

            if (_released && _readers.Count == 0)
            {
                // Aboard since before the end, and late to open: the bytes count again while it reads.
                _taken = _chunks.Sum(static c => (long)c.Bytes.Length);
                _account.Take(_taken);
            }

            var reader = new Reader(this);
            _readers.Add(reader);
            return reader;
        }
    }

    /// <summary>Memory to read into, never empty. Only the writer calls.</summary>
    public Memory<byte> Space()
    {
        lock (_gate)
        {
            if (_chunks.Count > 0 && _chunks[^1] is { } last && last.Used < last.Bytes.Length)
            {
                return last.Bytes.AsMemory(last.Used);
            }

            var bytes = NextBytes();
            if (_window || !_account.TryTake(bytes))
            {
                // What is on its way goes on in a window, counted though above the bound: a few chunks for each body begun below it.
                _account.Take(bytes);
                BeginWindow();
            }

            return Add(bytes);
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

    /// <summary>Gives all that is kept, in order; call before the window forgets any.</summary>
    public void ForEach(Action<ReadOnlyMemory<byte>> take)
    {
        lock (_gate)
        {
            foreach (var chunk in _chunks)
            {
                take(chunk.Bytes.AsMemory(0, chunk.Used));
            }
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
    public ReadOnlyMemory<byte>[] Freeze()
    {
        lock (_gate)
        {
            return [.. _chunks.Where(static c => c.Used > 0).Select(static c => new ReadOnlyMemory<byte>(c.Used == c.Bytes.Length ? c.Bytes : c.Bytes.AsSpan(0, c.Used).ToArray()))];
        }
    }

    /// <summary>The store has the chunks of <see cref="Freeze"/> now: they are in its account, held there for those who still read here.</summary>
    public void HandOver(CachedObject stored)
    {
        lock (_gate)
        {
            stored.Hold();
            _stored = stored;
            var cut = _chunks.Count > 0 && _chunks[^1].Used < _chunks[^1].Bytes.Length ? _chunks[^1].Bytes.Length : 0;
            _account.Return(_taken - cut);
            _taken = cut;
        }
    }

    /// <summary>The writer's last call: the bytes are let go when the last reader is gone too.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _released = true;
            LetGoWhenUnread();
        }
    }

    private void LetGoWhenUnread()
    {
        if (!_released || _readers.Count > 0)
        {
            return;
        }

        _account.Return(_taken);
        _taken = 0;
        _stored?.LetGo();
        _stored = null;
    }

    /// <summary>Chunks double up to their bound, so that a small body of unknown length costs little; the rest of a known length otherwise.</summary>
    private int NextBytes() =>
        (int)Math.Min(ChunkBytes, _expected is { } total && total > Length ? total - Length : Math.Max(FirstBytes, _chunks.Count > 0 ? 2L * _chunks[^1].Bytes.Length : 0));

    private Memory<byte> Add(int bytes)
    {
        _taken += bytes;
        Chunk chunk = new(new byte[bytes]);
        _chunks.Add(chunk);
        return chunk.Bytes;
    }

    private void BeginWindow()
    {
        _window = true;
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
            var bytes = _chunks.Take(gone).Sum(static c => (long)c.Bytes.Length);
            _account.Return(bytes);
            _taken -= bytes;
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
    public sealed class Reader(Filling body) : IDisposable
    {
        private int _offset;
        private bool _gone;

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
                if (!_gone)
                {
                    _gone = true;
                    body._readers.Remove(this);
                    body.Trim();
                    body.LetGoWhenUnread();
                }
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
