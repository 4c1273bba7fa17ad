using System.Buffers;
using System.IO.Pipelines;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Reads request bodies of HTTP/1.1, one after another on one connection, and bounds them. Trailers are read and dropped: no origin is promised them.</summary>
internal sealed class Http1RequestBody(PipeReader input, PeerClock clock, FrontDoorOptions options, DeliveryMeters meters) : IRequestBody
{
    /// <summary>What is read away of a body that nobody wanted, so that the connection can go on. One round trip's worth.</summary>
    private const int MaxDrainBytes = 64 * 1024;

    private readonly HeaderList _trailers = new();
    private readonly ArrayBufferWriter<byte> _unread = new();
    private BodyFraming _framing;
    private ChunkedDecoder _chunks;
    private long _left;
    private long _read;
    private bool _failed;

    public long? Length => _framing.Kind == BodyKind.Length ? _framing.Length : null;

    /// <summary>Whether all of it was read.</summary>
    public bool Ended { get; private set; } = true;

    /// <summary>Whether the client holds the body back until 100 (Continue) comes (RFC 9110 §10.1.1).</summary>
    public bool OwesContinue { get; private set; }

    /// <summary>Sends 100 (Continue), unless the answer has begun; given by whoever writes the answers.</summary>
    public Func<ValueTask> Continue { get; set; } = static () => default;

    /// <summary>Whether a read is under way.</summary>
    public bool IsReading { get; private set; }

    /// <summary>Whether the rest may be read away in a moment, should the answer come without it.</summary>
    public bool IsDrainable => Ended || (!_failed && _framing.Kind == BodyKind.Length && _left <= MaxDrainBytes && !OwesContinue && !IsReading);

    /// <summary>Makes it ready for the next request's body.</summary>
    public void Begin(BodyFraming framing, bool expectsContinue)
    {
        (_framing, _left, _read, OwesContinue) = (framing, framing.Length, 0, expectsContinue);
        (Ended, _failed) = (framing.Kind == BodyKind.None, false);
        if (framing.Kind == BodyKind.Chunked)
        {
            _chunks = new ChunkedDecoder(new HeadLimits(options.MaxHeadBytes, options.MaxHeadFields));
            _trailers.Clear();
            _unread.ResetWrittenCount();
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (Ended || into.IsEmpty)
        {
            return 0;
        }

        IsReading = true;
        try
        {
            if (OwesContinue)
            {
                await Continue();
                OwesContinue = false;
            }

            while (true)
            {
                var taken = Take(await ReceiveAsync(cancellationToken), into.Span);
                if (taken > 0 || Ended)
                {
                    return taken;
                }
            }
        }
        finally
        {
            IsReading = false;
        }
    }

    /// <summary>Reads the rest away; only where <see cref="IsDrainable"/>.</summary>
    public async ValueTask DrainAsync()
    {
        if (Ended)
        {
            return;
        }

        var rest = ArrayPool<byte>.Shared.Rent(MaxDrainBytes);
        try
        {
            while (!Ended)
            {
                await ReadAsync(rest, CancellationToken.None);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rest);
        }
    }

    private async ValueTask<ReadOnlySequence<byte>> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            clock.BeginReceiving();
            ReadResult read;
            bool silent;
            try
            {
                read = await input.ReadAsync(cancellationToken);
                silent = read.IsCanceled && clock.IsSilent();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _failed = true;
                throw new RequestBodyException(400, e);
            }
            finally
            {
                clock.EndReceiving();
            }

            if (!read.Buffer.IsEmpty && !silent)
            {
                return read.Buffer;
            }

            input.AdvanceTo(read.Buffer.Start);
            if (read.IsCompleted)
            {
                throw Fault(400, "The body ended early.");
            }

            if (silent)
            {
                meters.BoundHit(DeliveryReason.SlowClient);
                throw Fault(408, "The body comes too slowly.");
            }
        }
    }

    /// <summary>Takes data that has come, and whatever framing stands before it.</summary>
    private int Take(ReadOnlySequence<byte> buffer, Span<byte> into)
    {
        var taken = _framing.Kind == BodyKind.Length ? TakeCounted(buffer, into) : TakeChunked(buffer, into);
        clock.Received(taken);
        return taken;
    }

    private int TakeCounted(ReadOnlySequence<byte> buffer, Span<byte> into)
    {
        var piece = buffer.FirstSpan;
        var taken = (int)Math.Min(Math.Min(piece.Length, into.Length), _left);
        piece[..taken].CopyTo(into);
        _left -= taken;
        Ended = _left == 0;
        input.AdvanceTo(buffer.GetPosition(taken));
        return taken;
    }

    private int TakeChunked(ReadOnlySequence<byte> buffer, Span<byte> into)
    {
        var progress = NextChunk(buffer.FirstSpan, out var consumed);
        var taken = 0;
        if (progress == ChunkedProgress.Data)
        {
            var piece = buffer.Slice(consumed).FirstSpan;
            taken = (int)Math.Min(Math.Min(piece.Length, into.Length), _chunks.DataLeft);
            piece[..taken].CopyTo(into);
            _chunks.Take(taken);
            _read += taken;
        }

        input.AdvanceTo(buffer.GetPosition(consumed + taken));
        Ended = progress == ChunkedProgress.Complete;
        if (progress == ChunkedProgress.Refused)
        {
            throw Fault(400, "The body's chunks are malformed.");
        }

        if (_read > options.MaxBodyBytes)
        {
            meters.BoundHit(DeliveryReason.BodyTooLarge);
            throw Fault(413, "The body is too large.");
        }

        return taken;
    }

    /// <summary>Reads framing. What is not whole yet is kept, and read on when more has come: so each byte is copied once, in however small pieces it comes.</summary>
    private ChunkedProgress NextChunk(ReadOnlySpan<byte> came, out int consumed)
    {
        ChunkedProgress progress;
        if (_unread.WrittenCount == 0)
        {
            progress = _chunks.Next(came, _trailers, out consumed);
            if (progress == ChunkedProgress.Incomplete)
            {
                _unread.Write(came[consumed..]);
                consumed = came.Length;
            }

            return progress;
        }

        var before = _unread.WrittenCount;
        _unread.Write(came);
        progress = _chunks.Next(_unread.WrittenSpan, _trailers, out var read);
        if (progress != ChunkedProgress.Incomplete)
        {
            // It was not whole before: what makes it so came now.
            consumed = Math.Max(0, read - before);
            _unread.ResetWrittenCount();
            return progress;
        }

        consumed = came.Length;
        if (read > 0)
        {
            var rest = _unread.WrittenSpan[read..].ToArray();
            _unread.ResetWrittenCount();
            _unread.Write(rest);
        }

        return progress;
    }

    private RequestBodyException Fault(int status, string what)
    {
        _failed = true;
        return new RequestBodyException(status, new InvalidDataException(what));
    }
}
