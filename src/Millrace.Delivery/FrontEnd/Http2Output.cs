using System.Buffers;
using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// What leaves on a connection of HTTP/2. Frames without bodies, and small bodies, are gathered in one buffer; large bodies stay where they lie and take
/// turns. One batch of both is sent at a time, by whoever finds nobody sending; while the reader has frames in hand, only full buffers and large bodies
/// are sent, so that all answers to what came together leave together.
/// </summary>
internal sealed class Http2Output : IThreadPoolWorkItem
{
    /// <summary>What is gathered at most before the reader waits for the client to take it.</summary>
    private const int FullBytes = 256 * 1024;

    /// <summary>What one thread sends in a row: after that the pool goes on, so that the reader can read.</summary>
    private const int InlineBytes = 4 * 1024 * 1024;

    private readonly Http2Wire _wire;
    private readonly Http2Turns _turns;
    private readonly Http2Room _room = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Http2FrameBuffer _buffer;
    private ArraySegment<byte> _sentBuffer;
    private bool _isSending;
    private volatile bool _isGathering;
    private IOException? _fault;

    /// <param name="wire">Sends the batches.</param>
    /// <param name="windowClock">Measures how long the client keeps the connection's window shut.</param>
    public Http2Output(Http2Wire wire, PeerClock windowClock) => (_wire, _turns) = (wire, new Http2Turns(windowClock));

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

    /// <summary>Ends when <see cref="Fail"/> has and nobody sends any more, so that the wire may go.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Bytes of bodies that have been taken to be sent so far; the gate is held.</summary>
    public long BodyBytes => _turns.Bytes;

    /// <summary>Whether the client has kept the window shut for too long.</summary>
    public bool IsDeaf => _turns.IsDeaf;

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

            if (_buffer.Used + data.Length <= FullBytes && _turns.MayOvertake(stream, data.Length))
            {
                Copy(stream, data.Span, endsStream);
                return default;
            }

            stream.Give(data, endsStream);
            _turns.Enqueue(stream);
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
            _turns.Enqueue(stream);
        }

        Send();
        return stream.Written();
    }

    /// <summary>Has nothing more of a stream's body leave; the gate is held. True when its write ends by that: the caller completes it outside the gate.</summary>
    public bool Cut(Http2StreamOutput stream)
    {
        stream.IsCut = true;
        _turns.Drop(stream);
        return stream.TryEndWrite();
    }

    /// <summary>Widens a stream's window; false when it would pass its bound. The gate is held.</summary>
    public bool TryWiden(Http2StreamOutput stream, long by)
    {
        var fits = stream.TryWiden(by);
        _turns.Enqueue(stream);
        return fits;
    }

    /// <summary>Widens the connection's window.</summary>
    /// <exception cref="Http2Exception">It would pass its bound.</exception>
    public void Widen(int by)
    {
        lock (Gate)
        {
            _turns.Widen(by);
        }
    }

    /// <summary>Begins to count the client's time anew: nothing is asked for any more.</summary>
    public void BeginIdle()
    {
        lock (Gate)
        {
            _turns.BeginIdle();
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

            return HasRoom(below) ? default : _room.WaitAsync(below);
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

    private bool HasRoom(int below) => _buffer.Used <= below && (below > 0 || !_isSending);

    private IOException Gone() => new("The connection or stream is gone.", _fault);

    private void Copy(Http2StreamOutput stream, ReadOnlySpan<byte> data, bool endsStream)
    {
        _turns.Spend(stream, data.Length);
        while (!data.IsEmpty)
        {
            var length = Math.Min(data.Length, Peer.MaxFrame);
            var flags = endsStream && length == data.Length ? FrameFlags.EndStream : FrameFlags.None;
            _buffer.Put(new FrameHead(length, FrameType.Data, flags, stream.Stream), data[..length]);
            data = data[length..];
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
        try
        {
            for (var sent = 0L; TakeBatch(out var bytes);)
            {
                var sending = _wire.SendAsync();
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
        catch (Exception fault) when (!Failed.IsCompleted)
        {
            Break(fault);
        }
    }

    private async Task SendOnAsync(ValueTask sending)
    {
        try
        {
            await sending;
        }
        catch (Exception fault)
        {
            Break(fault);
            return;
        }

        try
        {
            EndBatch();
        }
        catch (Exception fault)
        {
            Break(fault);
            return;
        }

        SendBatches();
    }

    /// <summary>Sending has failed, in whatever way: whoever waits for its end must not wait for ever.</summary>
    private void Break(Exception fault)
    {
        lock (Gate)
        {
            _fault ??= fault as IOException ?? new IOException("Sending has failed.", fault);
        }

        FailAll();
    }

    /// <summary>Puts the next batch together; false when there is none, and nobody sends any more.</summary>
    private bool TakeBatch(out long bytes)
    {
        bool failed;
        lock (Gate)
        {
            _sentBuffer = _buffer.Take();
            if (_sentBuffer.Count > 0)
            {
                _wire.Pieces.Add(_sentBuffer);
            }

            bytes = _sentBuffer.Count + _turns.Take(_wire.Pieces, Peer.MaxFrame);
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

    /// <summary>Lets the writers go whose bytes have left.</summary>
    private void EndBatch()
    {
        if (_sentBuffer.Count > 0)
        {
            ArrayPool<byte>.Shared.Return(_sentBuffer.Array!);
            _sentBuffer = default;
        }

        if (_turns.Batch.Count > 0)
        {
            lock (Gate)
            {
                foreach (var stream in _turns.Batch)
                {
                    stream.IsInFlight = false;
                }

                _turns.Batch.RemoveAll(static stream => !stream.TryEndWrite());
            }

            // Their writers go on within these calls, and only add to what is sent next.
            foreach (var stream in _turns.Batch)
            {
                stream.Complete(stream.IsCut || _fault is not null ? Gone() : null);
            }

            _turns.Batch.Clear();
        }

        GiveRoom();
    }

    private void GiveRoom()
    {
        lock (Gate)
        {
            if (_room.Below is not { } below || (_fault is null && !HasRoom(below)))
            {
                return;
            }

            _room.End();
        }

        _room.Give(_fault is null ? null : Gone());
    }

    /// <summary>Called by the one who sends, who stays that for ever: nobody else will.</summary>
    private void FailAll()
    {
        try
        {
            EndBatch();
            GiveRoom();
        }
        finally
        {
            _failed.TrySetResult();
        }
    }
}
