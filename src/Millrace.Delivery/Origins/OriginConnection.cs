using System.Runtime.CompilerServices;

namespace Millrace.Delivery.Origins;

/// <summary>
/// One connection to a server and what has been read of it ahead. A read is always under way while it is idle: so a server that closes it, or says what it
/// was not asked, is noticed before the next request is risked on it, at no cost, since that read is the one for the next response.
/// </summary>
internal sealed class OriginConnection(Stream stream, OriginWatch watch)
{
    /// <summary>Holds most heads, and the body of many small objects with them.</summary>
    private const int BufferBytes = 16 * 1024;

    private const long Never = long.MaxValue;

    /// <summary>Stands for <see cref="HeadBy"/>, which an upload that ends may set while the head is waited for already.</summary>
    private const long ByHead = long.MinValue;

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _start;
    private int _end;
    private ValueTask<int> _idleRead;
    private bool _isIdle;
    private long _readDeadline = Never;
    private long _writeDeadline = Never;
    private long _headBy = Never;
    private OriginFault _expired;
    private int _closed;

    /// <summary>When it was opened.</summary>
    public long OpenedAt { get; } = watch.Now;

    /// <summary>Whether a response has been read from it before.</summary>
    public bool IsReused { get; private set; }

    /// <summary>Whether any byte has come since the last request was sent.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>By when the whole head must be here.</summary>
    public long HeadBy
    {
        get => Volatile.Read(ref _headBy);
        set
        {
            Volatile.Write(ref _headBy, value);
            watch.Expect(value);
        }
    }

    /// <summary>Whether the head has been read, so that what fails next is the body.</summary>
    public bool InBody { get; set; }

    /// <summary>Whether a pass has it; the pool's to keep.</summary>
    public bool IsPass { get; set; }

    /// <summary>What came and was not consumed.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Whether its end, once read, may have been anybody's doing: TLS that ended without saying so.</summary>
    public bool WasCut => stream is OriginTlsStream { WasCut: true };

    /// <summary>Whether the server ended it, or spoke unasked, while it was idle.</summary>
    public bool IsStale => IsClosed || _idleRead.IsCompleted;

    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>The earlier of its deadlines.</summary>
    public long Deadline
    {
        get
        {
            var read = Volatile.Read(ref _readDeadline);
            return IsClosed ? Never : Math.Min(read == ByHead ? HeadBy : read, Volatile.Read(ref _writeDeadline));
        }
    }

    /// <summary>Room to write a request's head in, kept for the next one.</summary>
    public byte[] HeadBuffer { get; set; } = [];

    public void Consume(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Begins to listen for the next response, or for the end.</summary>
    /// <param name="until">When to give it up.</param>
    /// <returns>False when the connection is of no further use: it has ended, or the server has said more than the response.</returns>
    public bool Rest(long until)
    {
        if (IsClosed || _end > 0)
        {
            return false;
        }

#pragma warning disable CA2012 // Kept on purpose: it is awaited once, by the read of the next response, or never.
        _idleRead = stream.ReadAsync(_buffer);
#pragma warning restore CA2012
        (_isIdle, IsReused, InBody, HasAnswered) = (true, true, false, false);
        Volatile.Write(ref _readDeadline, until);
        return !_idleRead.IsCompleted;
    }

    /// <summary>Sets by when the read under way, or the next one, must give something.</summary>
    public void ExpectRead(long deadline)
    {
        Volatile.Write(ref _readDeadline, deadline);
        watch.Expect(Deadline);
    }

    /// <summary>The read under way, or the next one, is of the head, which must be here by <see cref="HeadBy"/>, as that stands or comes to stand.</summary>
    public void ExpectHead() => ExpectRead(ByHead);

    /// <summary>Reads more into the buffer; zero at the end of the stream.</summary>
    /// <param name="cancellationToken">Ends the connection.</param>
    /// <exception cref="OriginException">The deadline passed, or the connection broke.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        if (_end == _buffer.Length && !_isIdle)
        {
            MakeRoom();
        }

        try
        {
            var read = _isIdle ? _idleRead : stream.ReadAsync(_buffer.AsMemory(_end), CancellationToken.None);
            _isIdle = false;
            var count = await UntilCancelledAsync(read, cancellationToken);
            _end += count;
            HasAnswered |= count > 0;
            return count;
        }
        catch (Exception e)
        {
            throw Translated(e, cancellationToken);
        }
    }

    /// <summary>Reads straight into the caller's memory, past the buffer, which must be empty; zero at the end of the stream.</summary>
    /// <param name="into">Where to.</param>
    /// <param name="cancellationToken">Ends the connection.</param>
    /// <exception cref="OriginException">The deadline passed, or the connection broke.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        try
        {
            return await UntilCancelledAsync(stream.ReadAsync(into, CancellationToken.None), cancellationToken);
        }
        catch (Exception e)
        {
            throw Translated(e, cancellationToken);
        }
    }

    /// <summary>Writes; the server has until <paramref name="deadline"/> to take it.</summary>
    /// <exception cref="OriginException">The deadline passed, or the connection broke.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, long deadline, CancellationToken cancellationToken)
    {
        try
        {
            var write = stream.WriteAsync(data, CancellationToken.None);
            if (!write.IsCompleted)
            {
                Volatile.Write(ref _writeDeadline, deadline);
                watch.Expect(deadline);
            }

            using var cancelled = write.IsCompleted ? default : OnCancelled(cancellationToken);
            await write;
            Volatile.Write(ref _writeDeadline, Never);
        }
        catch (Exception e)
        {
            throw Translated(e, cancellationToken);
        }
    }

    /// <summary>Ends it if a deadline has passed.</summary>
    public void ExpireAt(long now)
    {
        if (Deadline <= now)
        {
            _expired = Volatile.Read(ref _writeDeadline) <= now ? OriginFault.SendTimeout : InBody ? OriginFault.BodyTimeout : OriginFault.HeadTimeout;
            Close();
        }
    }

    /// <summary>Ends it, and whatever is under way on it, from any thread. The buffer is left to the collector, since a read may still write to it.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            stream.Dispose();
        }
    }

    private async ValueTask<int> UntilCancelledAsync(ValueTask<int> read, CancellationToken cancellationToken)
    {
        using var cancelled = read.IsCompleted ? default : OnCancelled(cancellationToken);
        var count = await read;
        Volatile.Write(ref _readDeadline, Never);

        // A socket that is closed on this side may end its read as if the other had ended it.
        return count > 0 || !IsClosed ? count : throw new IOException("The connection was given up.");
    }

    private CancellationTokenRegistration OnCancelled(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static connection => ((OriginConnection)connection!).Close(), this);

    private Exception Translated(Exception e, CancellationToken cancellationToken)
    {
        Close();
        return cancellationToken.IsCancellationRequested ? new OperationCanceledException(cancellationToken)
            : new OriginException(_expired != OriginFault.None ? _expired : InBody ? OriginFault.Truncated : OriginFault.ClosedEarly, e);
    }

    /// <summary>Moves what is there to the front, or doubles the room; the parsers' own bounds keep it from growing on.</summary>
    private void MakeRoom()
    {
        var roomy = _start > 0 ? _buffer : GC.AllocateUninitializedArray<byte>(_buffer.Length * 2);
        Buffered.CopyTo(roomy);
        (_buffer, _start, _end) = (roomy, 0, _end - _start);
    }
}
