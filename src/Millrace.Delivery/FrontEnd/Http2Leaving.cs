using System.Buffers.Binary;
using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// How a connection of HTTP/2 ends without losing a request (RFC 9113 §6.8): the client is told to open no more streams, and, once it must have heard, which
/// was the last. It has heard when the PING behind the first word has come back, or after a second.
/// </summary>
internal sealed class Http2Leaving(Http2Output output, Http2Session session, ConnectionWatch watch)
{
    private const int PatienceMilliseconds = 1000;

    private volatile State _state;
    private long _since;

    private enum State
    {
        Stays,
        Announced,
        Told,
    }

    private static ReadOnlySpan<byte> Ping => "leaving!"u8;

    /// <summary>Whether the client knows which stream is the last.</summary>
    public bool IsTold => _state == State.Told;

    /// <summary>Whether the client has had time enough to hear.</summary>
    public bool IsDue => _state == State.Announced && watch.Now - Volatile.Read(ref _since) >= PatienceMilliseconds;

    /// <summary>Tells the client to open no more streams; once.</summary>
    public void Begin()
    {
        if (_state == State.Stays)
        {
            Volatile.Write(ref _since, watch.Now);
            _state = State.Announced;
            GoAway(int.MaxValue, Http2Error.None);
            output.Put(FrameType.Ping, FrameFlags.None, 0, Ping);
        }
    }

    /// <summary>Tells the client which stream is the last, if it has been told that there would be one.</summary>
    public void Conclude()
    {
        if (_state == State.Announced)
        {
            _state = State.Told;
            session.Leave();
            GoAway(session.LastServed, Http2Error.None);
        }
    }

    /// <summary>Tells the client that the connection ends now.</summary>
    public void End(Http2Error error) => GoAway(session.LastServed, error);

    private void GoAway(int lastStream, Http2Error error)
    {
        Span<byte> payload = stackalloc byte[2 * sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(payload, lastStream);
        BinaryPrimitives.WriteInt32BigEndian(payload[sizeof(int)..], (int)error);
        output.Put(FrameType.GoAway, FrameFlags.None, 0, payload);
    }
}
