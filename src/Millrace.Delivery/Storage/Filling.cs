namespace Millrace.Delivery.Storage;

/// <summary>
/// A body as it arrives: one writer, any number of readers, each from the first byte. While it may still be stored all of it is kept. Once it is
/// too large or memory is out (<see cref="MakeWindow"/>) nobody may join, what all readers have read is let go, and the writer waits for the
/// slowest: not long where others wait with it and it can get the rest by itself (<see cref="MayLeaveBehind"/>), else until the front end's minimum data
/// rate cuts it off. Every chunk is in the account until the last who may read it has gone.
/// </summary>
internal sealed class Filling
{
    /// <summary>The largest chunk.</summary>
    public const int ChunkBytes = FillingChunks.MostBytes;

    private const int WindowChunks = 4;

    /// <summary>How long in all the slowest readers of a window may hold up others before they are left behind.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly FillingChunks _chunks;
    private readonly List<Reader> _readers = [];
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _room = NewSignal();
    private volatile bool _window;
    private bool _complete;
    private bool _released;
    private Exception? _fault;
    private TimeSpan _heldUp;
    private CachedObject? _stored;

    private Filling(MemoryAccount account, long? expected) => (_chunks, Expected) = (new FillingChunks(account), expected);

    /// <summary>The length in bytes that the origin stated, or null.</summary>
    public long? Expected { get; }

    public long Length => _chunks.Length;

    /// <summary>Whether a reader can get the rest of the body without this one.</summary>
    public bool MayLeaveBehind { get; set; }

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
        return body._chunks.TryAdd(expected) ? body : null;
    }

    /// <summary>A reader from the first byte, or null once those bytes are gone.</summary>
    public Reader? Open()
    {
        lock (_gate)
        {
            if (_window || _chunks.First > 0)
            {
                return null;
            }

            if (_released && _readers.Count == 0)
            {
                // Aboard since before the end, and late to open: the bytes count again while it reads.
                _chunks.TakeAgain();
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
            if (_chunks.Space is { IsEmpty: false } space)
            {
                return space;
            }

            if (_window || !_chunks.TryAdd(Expected))
            {
                // What is on its way goes on in a window, counted though above the bound: a few chunks for each body begun below it.
                _chunks.Add(Expected);
                BeginWindow();
            }

            return _chunks.Space;
        }
    }

    public void Commit(int bytes)
    {
        lock (_gate)
        {
            _chunks.Commit(bytes);
            Wake(ref _changed);
        }
    }

    public bool IsWindow => _window;

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
            for (var i = _chunks.First; i < _chunks.End; i++)
            {
                take(_chunks.From(i, 0));
            }
        }
    }

    /// <summary>In window mode, waits until the slowest reader is near, or has been left behind.</summary>
    public async ValueTask WaitForRoomAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            bool othersWait;
            lock (_gate)
            {
                if (!_window || _chunks.Count <= WindowChunks || _readers.Count == 0)
                {
                    return;
                }

                room = _room.Task;
                othersWait = MayLeaveBehind && _readers.Exists(reader => reader.ChunkIndex >= _chunks.End - 1);
            }

            if (!othersWait)
            {
                await room.WaitAsync(cancellationToken);
                continue;
            }

            var since = time.GetTimestamp();
            try
            {
                await room.WaitAsync(_heldUp < Patience ? Patience - _heldUp : TimeSpan.Zero, time, cancellationToken);
                _heldUp += time.GetElapsedTime(since);
            }
            catch (TimeoutException)
            {
                _heldUp = TimeSpan.Zero;
                LeaveSlowestBehind();
            }
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
            return _chunks.Freeze();
        }
    }

    /// <summary>The store has the chunks of <see cref="Freeze"/> now: they are in its account, held there for those who still read here.</summary>
    public void HandOver(CachedObject stored)
    {
        lock (_gate)
        {
            stored.Hold();
            _stored = stored;
            _chunks.ReturnFrozen();
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

        _chunks.ReturnAll();
        _stored?.LetGo();
        _stored = null;
    }

    private void LeaveSlowestBehind()
    {
        lock (_gate)
        {
            var slowest = _chunks.First;
            foreach (var reader in _readers.FindAll(reader => reader.ChunkIndex == slowest))
            {
                reader.IsLeftBehind = true;
                _readers.Remove(reader);
            }

            Trim();
        }
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

        _chunks.ForgetBefore(_readers.Count == 0 ? _chunks.End : _readers.Min(static reader => reader.ChunkIndex));
        Wake(ref _room);
    }

    private static void Wake(ref TaskCompletionSource signal)
    {
        signal.TrySetResult();
        signal = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One reader's place.</summary>
    public sealed class Reader(Filling body) : IDisposable
    {
        private int _offset;
        private bool _gone;

        public int ChunkIndex { get; private set; }

        public bool IsLeftBehind { get; set; }

        /// <summary>The next bytes, valid until the next call; empty at the end.</summary>
        /// <exception cref="LeftBehindException">It was too slow for the others, who have gone on without it.</exception>
        /// <exception cref="IOException">The origin's body ended early.</exception>
        public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Task changed;
                lock (body._gate)
                {
                    if (IsLeftBehind)
                    {
                        throw new LeftBehindException();
                    }

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
            while (ChunkIndex < body._chunks.End)
            {
                bytes = body._chunks.From(ChunkIndex, _offset);
                if (!bytes.IsEmpty)
                {
                    _offset += bytes.Length;
                    return true;
                }

                if (!body._chunks.IsFull(ChunkIndex))
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
