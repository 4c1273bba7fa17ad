using System.Buffers;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// What leaves on a connection of HTTP/2. Frames without bodies, and small bodies, are gathered in one buffer; large bodies stay where they lie and take
/// turns. One batch of both is sent at a time, by whoever finds nobody sending; while the reader has frames in hand, only full buffers and large bodies
/// are sent, so that all answers to what came together leave together.
/// </summary>
internal sealed class Http2Output : IValueTaskSource, IThreadPoolWorkItem
{
    /// <summary>A body up to this size is copied: that costs less than having its writer wait.</summary>
    private const int CopyBytes = 32 * 1024;

    /// <summary>What is gathered at most before the reader waits for the client to take it.</summary>
    private const int FullBytes = 256 * 1024;

    /// <summary>What one stream may send before it is the next one's turn.</summary>
    private const int Turn = 64 * 1024;

    /// <summary>What one batch holds of large bodies.</summary>
    private const int BatchBytes = 256 * 1024;

    private const int BatchFrames = 64;

    /// <summary>What one thread sends in a row: after that the pool goes on, so that the reader can read.</summary>
    private const int InlineBytes = 4 * 1024 * 1024;

    private readonly ConnectionOutput _output;
    private readonly Socket? _socket;
    private readonly PeerClock _windowClock;
    private readonly Queue<Http2StreamOutput> _ready = new();
    private readonly List<Http2StreamOutput> _batch = [];
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private byte[] _heads = [];
    private Http2FrameBuffer _buffer;
    private ArraySegment<byte> _sentBuffer;
    private ManualResetValueTaskSourceCore<bool> _room;
    private int _roomBelow = -1;
    private long _window = 65_535;
    private bool _isWindowShut;
    private int _sinceShut;
    private bool _isSending;
    private volatile bool _isGathering;
    private IOException? _fault;

    /// <param name="output">Where to, for what has to wait.</param>
    /// <param name="socket">Where to, for what need not; null where bytes must pass the output (TLS).</param>
    /// <param name="windowClock">Measures how long the client keeps the connection's window shut.</param>
    public Http2Output(ConnectionOutput output, Socket? socket, PeerClock windowClock) =>
        (_output, _socket, _windowClock) = (output, SocketGather.IsSupported ? socket : null, windowClock);

    /// <summary>Guards this, the streams' outputs and the table of streams; held for moments only.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The client's settings; read and changed under the gate.</summary>
    public PeerSettings Peer { get; } = new();

    /// <summary>Whether so much waits that the reader has to.</summary>
    public bool IsFull
    {
        get
        {
            lock (Gate)
            {
                return _buffer.Used >= FullBytes;
            }
        }
    }

    /// <summary>Whether a batch is on its way.</summary>
    public bool IsSending
    {
        get
        {
            lock (Gate)
            {
                return _isSending;
            }
        }
    }

    /// <summary>Whether the client has kept the window shut for too long.</summary>
    public bool IsDeaf => _windowClock.IsDeaf();

    /// <summary>The reader takes frames in hand: what is written from now on leaves when it has done with them.</summary>
    public void BeginGathering() => _isGathering = true;

    public void EndGathering()
    {
        _isGathering = false;
        Send();
    }

    /// <summary>Adds frames; the gate is held.</summary>
    public ref Http2FrameBuffer Buffer => ref _buffer;

    /// <summary>Adds a frame without a body.</summary>
    public void Put(FrameType type, FrameFlags flags, int stream, ReadOnlySpan<byte> payload)
    {
        lock (Gate)
        {
            _buffer.Put(new FrameHead(payload.Length, type, flags, stream), payload);
        }
    }

    /// <summary>Adds a frame of a number.</summary>
    public void Put(FrameType type, int stream, int value)
    {
        Span<byte> payload = stackalloc byte[sizeof(int)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(payload, value);
        Put(type, FrameFlags.None, stream, payload);
    }

    /// <summary>Has what was added leave, unless the reader soon will.</summary>
    public void Flush()
    {
        if (!_isGathering)
        {
            Send();
        }
    }

    /// <summary>Writes a piece of a body; completes when the piece may be used again.</summary>
    public ValueTask WriteAsync(Http2StreamOutput stream, ReadOnlyMemory<byte> data, bool endsStream)
    {
        lock (Gate)
        {
            if (_fault is not null || stream.IsCut)
            {
                return ValueTask.FromException(Gone());
            }

            if (MayCopy(stream, data.Length))
            {
                Copy(stream, data.Span, endsStream);
                return default;
            }

            stream.Give(data, endsStream);
            Enqueue(stream);
        }

        Send();
        return stream.Written();
    }

    /// <summary>Writes several pieces of a body, which is large.</summary>
    public ValueTask WriteAsync(Http2StreamOutput stream, ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, long length, bool endsStream)
    {
        lock (Gate)
        {
            if (_fault is not null || stream.IsCut)
            {
                return ValueTask.FromException(Gone());
            }

            stream.Give(pieces, length, endsStream);
            Enqueue(stream);
        }

        Send();
        return stream.Written();
    }

    /// <summary>Has nothing more of a stream's body leave; the gate is held. True when its write ends by that: the caller completes it outside the gate.</summary>
    public static bool Cut(Http2StreamOutput stream)
    {
        stream.IsCut = true;
        return stream.TryEndWrite();
    }

    /// <summary>Widens a stream's window; false when it would pass its bound. The gate is held.</summary>
    public bool TryWiden(Http2StreamOutput stream, long by)
    {
        var fits = stream.TryWiden(by);
        Enqueue(stream);
        return fits;
    }

    /// <summary>Widens the connection's window.</summary>
    /// <exception cref="Http2Exception">It would pass its bound.</exception>
    public void Widen(int by)
    {
        lock (Gate)
        {
            _window += by;
            if (_window > PeerSettings.MaxWindow)
            {
                throw new Http2Exception(Http2Error.FlowControl, "The connection's window is too large.");
            }

            if (_isWindowShut)
            {
                _isWindowShut = false;
                _windowClock.EndSending();
            }
        }
    }

    /// <summary>Waits until no more than so many bytes wait; zero: until all that may leave has left. For the reader alone.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public ValueTask RoomAsync(int below = FullBytes / 2)
    {
        Send();
        lock (Gate)
        {
            if (_fault is not null)
            {
                return ValueTask.FromException(Gone());
            }

            if (HasRoom(below))
            {
                return default;
            }

            _room.Reset();
            _roomBelow = below;
            return new ValueTask(this, _room.Version);
        }
    }

    /// <summary>Ends every write: the connection is gone.</summary>
    public void Fail(IOException fault)
    {
        lock (Gate)
        {
            _fault ??= fault;
            if (_isSending)
            {
                // The one who sends will find it gone.
                return;
            }

            _isSending = true;
        }

        FailAll();
    }

    void IThreadPoolWorkItem.Execute() => SendBatches();

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _room.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _room.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _room.GetResult(token);

    private bool HasRoom(int below) => _buffer.Used <= below && (below > 0 || !_isSending);

    private IOException Gone() => new("The connection or stream is gone.", _fault);

    /// <summary>Small bodies overtake large ones that take turns, but never at the price of the window that those need.</summary>
    private bool MayCopy(Http2StreamOutput stream, int length) =>
        length <= CopyBytes && length <= stream.Window && length <= _window && _buffer.Used + length <= FullBytes
        && (_ready.Count == 0 || _window - length > (long)Turn * _ready.Count);

    private void Copy(Http2StreamOutput stream, ReadOnlySpan<byte> data, bool endsStream)
    {
        stream.Spend(data.Length);
        _window -= data.Length;
        _sinceShut += data.Length;
        while (!data.IsEmpty)
        {
            var length = Math.Min(data.Length, Peer.MaxFrame);
            var flags = endsStream && length == data.Length ? FrameFlags.EndStream : FrameFlags.None;
            _buffer.Put(new FrameHead(length, FrameType.Data, flags, stream.Stream), data[..length]);
            data = data[length..];
        }
    }

    private void Enqueue(Http2StreamOutput stream)
    {
        if (stream.IsReady && !stream.IsQueued)
        {
            stream.IsQueued = true;
            _ready.Enqueue(stream);
        }
    }

    private void Send()
    {
        lock (Gate)
        {
            if (_isSending || _fault is not null)
            {
                return;
            }

            _isSending = true;
        }

        SendBatches();
    }

    /// <summary>Sends batch after batch until there is no more, the client takes no more, or it is another thread's turn.</summary>
    private void SendBatches()
    {
        for (var sent = 0L; TakeBatch(out var bytes);)
        {
            var sending = SendBatchAsync();
            if (!sending.IsCompletedSuccessfully)
            {
                _ = SendOnAsync(sending);
                return;
            }

            EndBatch();
            sent += bytes;
            if (sent >= InlineBytes)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }
        }
    }

    private async Task SendOnAsync(ValueTask sending)
    {
        try
        {
            await sending;
        }
        catch (IOException fault)
        {
            lock (Gate)
            {
                _fault ??= fault;
            }

            FailAll();
            return;
        }

        EndBatch();
        SendBatches();
    }

    /// <summary>Puts the next batch together; false when there is none, and nobody sends any more.</summary>
    private bool TakeBatch(out long bytes)
    {
        bool failed;
        lock (Gate)
        {
            _pieces.Clear();
            _sentBuffer = _buffer.Take();
            if (_sentBuffer.Count > 0)
            {
                _pieces.Add(_sentBuffer);
            }

            bytes = _sentBuffer.Count + (_ready.Count > 0 ? TakeBodies() : 0);
            failed = _fault is not null;
            if (bytes == 0 && !failed)
            {
                _isSending = false;
            }
        }

        if (failed)
        {
            FailAll();
            return false;
        }

        if (bytes == 0)
        {
            GiveRoom();
        }

        return bytes > 0;
    }

    /// <summary>Takes turns of large bodies, as frames.</summary>
    private int TakeBodies()
    {
        var (frames, bytes) = (0, 0);
        if (_heads.Length == 0)
        {
            _heads = new byte[BatchFrames * FrameHead.Bytes];
        }

        while (bytes < BatchBytes && frames < BatchFrames && _window > 0 && _ready.TryDequeue(out var stream))
        {
            stream.IsQueued = false;
            for (var turn = Turn; turn > 0 && frames < BatchFrames && _window > 0 && stream.IsReady;)
            {
                var length = (int)Math.Min(Math.Min(Math.Min(turn, Peer.MaxFrame), _window), Math.Min(stream.Left, stream.Window));
                var head = _heads.AsMemory(FrameHead.Bytes * frames++, FrameHead.Bytes);
                _pieces.Add(head);
                stream.Take(length, _pieces).Write(head.Span);
                _window -= length;
                turn -= length;
                bytes += length;
                if (!stream.IsInFlight)
                {
                    stream.IsInFlight = true;
                    _batch.Add(stream);
                }
            }

            Enqueue(stream);
        }

        _sinceShut += bytes;
        if (_window <= 0 && _ready.Count > 0 && !_isWindowShut)
        {
            _isWindowShut = true;
            _windowClock.BeginSending(_sinceShut);
            _sinceShut = 0;
        }

        return bytes;
    }

    private ValueTask SendBatchAsync()
    {
        if (_socket is null)
        {
            return SendPiecesAsync(0);
        }

        for (var piece = 0; ;)
        {
            var pieces = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pieces)[piece..];
            var taken = SocketGather.TrySend(_socket, pieces);
            if (taken == 0)
            {
                return SendPiecesAsync(piece);
            }

            for (; piece < _pieces.Count && taken >= _pieces[piece].Length; piece++)
            {
                taken -= _pieces[piece].Length;
            }

            if (piece == _pieces.Count)
            {
                return default;
            }

            _pieces[piece] = _pieces[piece][(int)taken..];
        }
    }

    /// <summary>Sends the rest piece by piece, waiting for the client; a cleartext socket is tried at once again when it has taken one.</summary>
    private async ValueTask SendPiecesAsync(int piece)
    {
        for (; piece < _pieces.Count; piece++)
        {
            await _output.WriteAsync(_pieces[piece]);
            if (_socket is not null)
            {
                await _output.FlushAsync();
                _pieces.RemoveRange(0, piece + 1);
                await SendBatchAsync();
                return;
            }
        }

        await _output.FlushAsync();
    }

    /// <summary>Lets the writers go whose bytes have left.</summary>
    private void EndBatch()
    {
        if (_sentBuffer.Count > 0)
        {
            ArrayPool<byte>.Shared.Return(_sentBuffer.Array!);
            _sentBuffer = default;
        }

        if (_batch.Count > 0)
        {
            lock (Gate)
            {
                foreach (var stream in _batch)
                {
                    stream.IsInFlight = false;
                }

                _batch.RemoveAll(static stream => !stream.TryEndWrite());
            }

            // Their writers go on within these calls, and only add to what is sent next.
            foreach (var stream in _batch)
            {
                stream.Complete(stream.IsCut || _fault is not null ? Gone() : null);
            }

            _batch.Clear();
        }

        GiveRoom();
    }

    private void GiveRoom()
    {
        lock (Gate)
        {
            if (_roomBelow < 0 || (_fault is null && !HasRoom(_roomBelow)))
            {
                return;
            }

            _roomBelow = -1;
        }

        if (_fault is null)
        {
            _room.SetResult(true);
        }
        else
        {
            _room.SetException(Gone());
        }
    }

    /// <summary>Called by the one who sends, who stays that for ever: nobody else will.</summary>
    private void FailAll()
    {
        EndBatch();
        GiveRoom();
    }
}
