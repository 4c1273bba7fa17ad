using System.Runtime.CompilerServices;
using Millrace.Delivery.Replies;

namespace Millrace.Delivery.FrontEnd;

/// <summary>One request on a connection of HTTP/2 and what it needs; used for stream after stream where nobody can still hold on to the last one.</summary>
#pragma warning disable CA1001 // The source has neither timer nor handle, and may be asked to stop at any time.
internal sealed class Http2Stream
#pragma warning restore CA1001
{
    private readonly Action<Http2Stream> _handled;
    private readonly Action _onHandled;
    private readonly CancellationTokenSource _aborted = new();
    private ValueTaskAwaiter _handling;

    /// <param name="connection">The connection's output.</param>
    /// <param name="open">Makes the exchange.</param>
    /// <param name="watch">The listener's watch.</param>
    /// <param name="clock">Measures how long the client keeps the stream's window shut.</param>
    /// <param name="abort">Resets the stream.</param>
    /// <param name="handled">Called when the core has done with the request, where that was not at once.</param>
    public Http2Stream(Http2Output connection, Func<Http2ResponseWriter, Exchange> open, ConnectionWatch watch, PeerClock clock, Action<Http2Stream> abort, Action<Http2Stream> handled)
    {
        _handled = handled;
        _onHandled = OnHandled;
        Output = new Http2StreamOutput(clock);
        Writer = new Http2ResponseWriter(connection, watch, Output, () => abort(this));
        Exchange = open(Writer);
    }

    /// <summary>The stream's number.</summary>
    public int Id => Output.Stream;

    public Exchange Exchange { get; }

    public Http2StreamOutput Output { get; }

    public Http2ResponseWriter Writer { get; }

    /// <summary>The request's body, or null when there is none.</summary>
    public Http2RequestBody? Body { get; set; }

    /// <summary>Whether the client has ended its side.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Whether it was reset, by whomever: the table has forgotten it.</summary>
    public bool IsReset { get; set; }

    /// <summary>Whether the request itself was malformed, which is a stream error whatever was answered (RFC 9113 §8.1.1).</summary>
    public bool IsMalformed { get; set; }

    /// <summary>Fires when the stream is reset or the connection ends.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>Whether nobody can hold on to it: no reset that is still being told, no upload that still reads.</summary>
    public bool IsReusable => Body is null && !IsReset;

    public void Begin(int id, int window)
    {
        Output.Begin(id, window);
        Writer.Begin();
        Exchange.Begin();
        (Body, HasEnded, IsReset, IsMalformed) = (null, false, false, false);
    }

    /// <summary>Tells the core that the client is gone.</summary>
    public void Cancel() => _aborted.Cancel();

    /// <summary>Has the end of the core's work told.</summary>
    public void Follow(ValueTask handling)
    {
        _handling = handling.GetAwaiter();
        _handling.UnsafeOnCompleted(_onHandled);
    }

    private void OnHandled()
    {
        _handling.GetResult();
        _handled(this);
    }
}
