using System.Buffers;
using System.Threading.Tasks.Sources;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// One stream's request body: what came and was not read yet, as much as the stream's window allows. The window opens again as the core reads, so its
/// pace is the client's.
/// </summary>
internal sealed class Http2RequestBody(Http2Inflow inflow, PeerClock clock) : IRequestBody, IValueTaskSource<bool>
{
    private const int MinBytes = 4 * 1024;

    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _came;
    private byte[] _buffer = [];
    private int _start;
    private int _held;
    private int _unread = Http2Inflow.StreamWindow;
    private int _acknowledge;
    private long _received;
    private bool _isWaiting;
    private bool _ended;
    private IOException? _fault;

    /// <summary>The stream's number.</summary>
    public required int Stream { get; init; }

    /// <inheritdoc/>
    public required long? Length { get; init; }

    /// <summary>The most that it may have.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>Whether the client holds the body back until 100 (Continue) comes (RFC 9110 §10.1.1).</summary>
    public bool OwesContinue { get; set; }

    /// <summary>Sends 100 (Continue), unless the answer has begun.</summary>
    public required Action Continue { get; init; }

    /// <summary>Whether the client sends what is waited for too slowly.</summary>
    public bool IsSlow => clock.IsSilent();

    /// <summary>Takes data that came, with so many bytes of padding counted against the window.</summary>
    public BodyFault Take(ReadOnlySpan<byte> data, int padding)
    {
        bool wakes;
        lock (_gate)
        {
            _unread -= data.Length + padding;
            if (_unread < 0)
            {
                return BodyFault.Window;
            }

            _received += data.Length;
            if (_received > Length)
            {
                return BodyFault.Length;
            }

            if (_fault is not null || _received > MaxBytes)
            {
                inflow.Consumed(data.Length + padding);
                return _fault is null ? BodyFault.TooLarge : BodyFault.None;
            }

            Reserve(data.Length);
            data.CopyTo(_buffer.AsSpan(_start + _held));
            _held += data.Length;
            clock.Received(data.Length);
            inflow.Consumed(padding);
            _acknowledge += padding;
            wakes = _isWaiting && _held > 0;
            _isWaiting &= !wakes;
        }

        if (wakes)
        {
            _came.SetResult(true);
        }

        return BodyFault.None;
    }

    /// <summary>Takes the end; false when the client had said another length (RFC 9113 §8.1.1).</summary>
    public bool End()
    {
        bool wakes;
        lock (_gate)
        {
            if (Length is { } length && length != _received)
            {
                return false;
            }

            _ended = true;
            wakes = _isWaiting;
            _isWaiting = false;
        }

        if (wakes)
        {
            _came.SetResult(true);
        }

        return true;
    }

    /// <summary>Has every further read fail.</summary>
    public void Fail(IOException fault)
    {
        bool wakes;
        lock (_gate)
        {
            _fault ??= fault;
            wakes = _isWaiting;
            _isWaiting = false;
        }

        if (wakes)
        {
            _came.SetResult(false);
        }
    }

    /// <summary>Gives back what it holds: nobody reads any more.</summary>
    public void Close()
    {
        Fail(new IOException("The stream has ended."));
        int held;
        lock (_gate)
        {
            held = _held;
            Return();
        }

        inflow.Consumed(held);
    }

    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (OwesContinue)
        {
            OwesContinue = false;
            Continue();
        }

        while (true)
        {
            if (Give(into.Span) is { } given)
            {
                return given;
            }

            using var cancelled = cancellationToken.UnsafeRegister(static body => ((Http2RequestBody)body!).Wake(), this);
            try
            {
                await new ValueTask<bool>(this, _came.Version);
            }
            finally
            {
                clock.EndReceiving();
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _came.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _came.OnCompleted(continuation, state, token, flags);

    bool IValueTaskSource<bool>.GetResult(short token) => _came.GetResult(token);

    private void Wake()
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
        }

        _came.SetResult(false);
    }

    /// <summary>Gives what is there; null when that is nothing yet, and then something to wait for is ready.</summary>
    private int? Give(Span<byte> into)
    {
        int given, opened;
        lock (_gate)
        {
            if (_fault is not null)
            {
                throw _fault as RequestBodyException ?? new RequestBodyException(400, _fault);
            }

            if (_held == 0 && !_ended && !into.IsEmpty)
            {
                _came.Reset();
                _isWaiting = true;
                clock.BeginReceiving();
                return null;
            }

            given = Math.Min(into.Length, _held);
            _buffer.AsSpan(_start, given).CopyTo(into);
            (_start, _held) = (_start + given, _held - given);
            if (_held == 0)
            {
                Return();
            }

            opened = Acknowledge(given);
        }

        // Outside the gate: what has room now may have others' writers go on.
        inflow.Consumed(given);
        if (opened > 0)
        {
            inflow.Open(Stream, opened);
        }

        return given;
    }

    /// <summary>Notes that so much was read; returns what the client may be told of, in large steps and not behind the end.</summary>
    private int Acknowledge(int bytes)
    {
        _acknowledge += bytes;
        if (_acknowledge < Http2Inflow.StreamWindow / 4 || _ended)
        {
            return 0;
        }

        var opened = _acknowledge;
        _unread += opened;
        _acknowledge = 0;
        return opened;
    }

    private void Reserve(int length)
    {
        if (_start + _held + length <= _buffer.Length)
        {
            return;
        }

        var into = _held + length <= _buffer.Length ? _buffer : ArrayPool<byte>.Shared.Rent(Math.Max(MinBytes, 2 * (_held + length)));
        _buffer.AsSpan(_start, _held).CopyTo(into);
        if (into != _buffer && _buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        (_buffer, _start) = (into, 0);
    }

    private void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        (_buffer, _start, _held) = ([], 0, 0);
    }
}

/// <summary>What is wrong with a body as it comes.</summary>
internal enum BodyFault
{
    None,

    /// <summary>More than the window allows: FLOW_CONTROL_ERROR.</summary>
    Window,

    /// <summary>More than its Content-Length: PROTOCOL_ERROR.</summary>
    Length,

    /// <summary>More than a body may have here.</summary>
    TooLarge,
}
