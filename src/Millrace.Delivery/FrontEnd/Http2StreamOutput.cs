using System.Threading.Tasks.Sources;
using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>What of one stream's response body waits to leave: one write at a time, from where its bytes lie. All but the waiting is done under the connection's gate.</summary>
internal sealed class Http2StreamOutput(PeerClock clock) : IValueTaskSource
{
    private readonly ReadOnlyMemory<byte>[] _one = new ReadOnlyMemory<byte>[1];
    private ManualResetValueTaskSourceCore<bool> _written;
    private ReadOnlyMemory<ReadOnlyMemory<byte>> _pieces;
    private int _piece;
    private int _offset;
    private bool _endsStream;
    private long _sinceStall;

    /// <summary>The stream's number.</summary>
    public int Stream { get; private set; }

    /// <summary>What the client lets this stream send; below zero after it has lowered its initial window (RFC 9113 §6.9.2).</summary>
    public long Window { get; private set; }

    /// <summary>Bytes of the write in hand that have not been taken yet.</summary>
    public long Left { get; private set; }

    /// <summary>Whether it stands in the queue of those that may send.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Whether the batch that is being sent has bytes of it, so that they may not be used again.</summary>
    public bool IsInFlight { get; set; }

    /// <summary>Whether a write waits.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Whether nothing more leaves on this stream.</summary>
    public bool IsCut { get; set; }

    /// <summary>Whether it has something to send, and may.</summary>
    public bool IsReady => Left > 0 && Window > 0 && !IsCut;

    /// <summary>Whether the client has kept the window shut for too long.</summary>
    public bool IsDeaf => clock.IsDeaf();

    private bool IsStalled { get; set; }

    /// <summary>Makes it ready for another stream.</summary>
    public void Begin(int stream, int window)
    {
        (Stream, Window, Left, _sinceStall) = (stream, window, 0, 0);
        (IsQueued, IsInFlight, IsWaiting, IsCut, IsStalled) = (false, false, false, false, false);
        clock.BeginRequest();
    }

    /// <summary>Takes a write in; the caller awaits <see cref="Written"/>.</summary>
    public void Give(ReadOnlyMemory<byte> data, bool endsStream)
    {
        _one[0] = data;
        Give(_one, data.Length, endsStream);
    }

    /// <summary>Takes a write of several pieces in.</summary>
    public void Give(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, long length, bool endsStream)
    {
        _written.Reset();
        (_pieces, _piece, _offset, Left, _endsStream, IsWaiting) = (pieces, 0, 0, length, endsStream, true);
        Stall();
    }

    /// <summary>Ends when the write's bytes may be used again.</summary>
    public ValueTask Written() => new(this, _written.Version);

    /// <summary>Ends the write: it has left, or never will.</summary>
    public void Complete(Exception? fault)
    {
        _pieces = default;
        _one[0] = default;
        if (fault is null)
        {
            _written.SetResult(true);
        }
        else
        {
            _written.SetException(fault);
        }
    }

    /// <summary>Whether the write can be ended, which it is then: the caller calls <see cref="Complete"/> outside the gate.</summary>
    public bool TryEndWrite()
    {
        if (!IsWaiting || IsInFlight || (Left > 0 && !IsCut))
        {
            return false;
        }

        Left = 0;
        IsWaiting = false;
        return true;
    }

    /// <summary>Counts what leaves by another way.</summary>
    public void Spend(int bytes)
    {
        Window -= bytes;
        _sinceStall += bytes;
    }

    /// <summary>Takes the next frame's payload, as pieces.</summary>
    public FrameHead Take(int length, List<ReadOnlyMemory<byte>> into)
    {
        Spend(length);
        Left -= length;
        for (var left = length; left > 0;)
        {
            var piece = _pieces.Span[_piece];
            var taken = Math.Min(left, piece.Length - _offset);
            if (taken > 0)
            {
                into.Add(piece.Slice(_offset, taken));
            }

            left -= taken;
            _offset += taken;
            if (_offset == piece.Length)
            {
                (_piece, _offset) = (_piece + 1, 0);
            }
        }

        Stall();
        return new FrameHead(length, FrameType.Data, Left == 0 && _endsStream ? FrameFlags.EndStream : FrameFlags.None, Stream);
    }

    /// <summary>Widens or narrows the window; false when it would pass its bound (RFC 9113 §6.9.1).</summary>
    public bool TryWiden(long by)
    {
        Window += by;
        if (Window > 0 && IsStalled)
        {
            IsStalled = false;
            clock.EndSending();
        }

        Stall();
        return Window <= PeerSettings.MaxWindow;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _written.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _written.OnCompleted(continuation, state, token, flags);

    public void GetResult(short token) => _written.GetResult(token);

    /// <summary>Has the client's patience measured where it is its window that we wait for.</summary>
    private void Stall()
    {
        if (Left > 0 && Window <= 0 && !IsStalled)
        {
            IsStalled = true;
            clock.BeginSending((int)Math.Min(int.MaxValue, _sinceStall));
            _sinceStall = 0;
        }
    }
}
