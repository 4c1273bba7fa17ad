using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>The connection's receive window (RFC 9113 §5.2), and the updates by which it and its streams' open again.</summary>
internal sealed class Http2Inflow(Http2Output output)
{
    /// <summary>A stream's: a round trip of 50 ms takes 5 MB/s.</summary>
    public const int StreamWindow = 256 * 1024;

    /// <summary>The connection's, hence what one client's bodies may take of our memory while their origins are slow.</summary>
    public const int ConnectionWindow = 1024 * 1024;

    private const int DefaultWindow = 65_535;

    private int _left = ConnectionWindow;
    private int _acknowledge;

    /// <summary>Opens the connection's window to its size, behind our settings.</summary>
    public void Begin() => output.Put(FrameType.WindowUpdate, 0, ConnectionWindow - DefaultWindow);

    /// <summary>Counts what came.</summary>
    /// <exception cref="Http2Exception">It is more than the window allows.</exception>
    public void Received(int bytes)
    {
        if (Interlocked.Add(ref _left, -bytes) < 0)
        {
            throw new Http2Exception(Http2Error.FlowControl, "The client sends more than the connection's window allows.");
        }
    }

    /// <summary>Counts what was read, or will never be.</summary>
    public void Consumed(int bytes)
    {
        if (Interlocked.Add(ref _acknowledge, bytes) < ConnectionWindow / 4)
        {
            return;
        }

        var opened = Interlocked.Exchange(ref _acknowledge, 0);
        if (opened > 0)
        {
            Interlocked.Add(ref _left, opened);
            Open(0, opened);
        }
    }

    /// <summary>Tells the client of so much more room.</summary>
    public void Open(int stream, int bytes)
    {
        output.Put(FrameType.WindowUpdate, stream, bytes);
        output.Flush();
    }
}
