using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// Counts the frames of one HTTP/2 connection that cost us work and its sender nothing (RFC 9113 §10.5): a server that answers every PING and SETTINGS, or
/// follows every reset stream, spends 5 seconds of processor on what two connections send in 6 (measured). So do faults by which a client has us reset
/// its streams (CVE-2025-8671).
/// </summary>
internal sealed class FrameBudget(FrontDoorOptions options, ConnectionWatch watch)
{
    /// <summary>The budget is a mean over so many seconds: a page that is left resets its streams all at once.</summary>
    private const int MeanSeconds = 10;

    /// <summary>Smaller window updates are counted, but for some a request: clients that update after each piece of data are slow, not hostile.</summary>
    private const int TinyUpdate = 1024;

    private const int UpdatesPerRequest = 8;

    private double _left = (double)options.MaxControlFramesPerSecond * MeanSeconds;
    private long _filled = watch.Now;
    private long _updates = UpdatesPerRequest;

    /// <summary>Counts a frame but WINDOW_UPDATE: nothing for a request or for data that goes anywhere, one for all else, padding included.</summary>
    /// <exception cref="Http2Exception">The budget is spent.</exception>
    public void Spend(in FrameHead head)
    {
        if (head.Type == FrameType.Headers)
        {
            _updates = Math.Max(_updates, 0) + UpdatesPerRequest;
        }
        else if (head.Type != FrameType.Data || !(head.Has(FrameFlags.EndStream) || (head.Length > 0 && !head.Has(FrameFlags.Padded))))
        {
            Spend();
        }
    }

    /// <summary>Counts a WINDOW_UPDATE.</summary>
    /// <exception cref="Http2Exception">The budget is spent.</exception>
    public void SpendUpdate(int increment)
    {
        if (increment < TinyUpdate && _updates-- <= 0)
        {
            Spend();
        }
    }

    /// <summary>Counts work that the client has made us do for nothing.</summary>
    /// <exception cref="Http2Exception">The budget is spent.</exception>
    public void Spend()
    {
        var now = watch.Now;
        _left = Math.Min((double)options.MaxControlFramesPerSecond * MeanSeconds, _left + ((now - _filled) * options.MaxControlFramesPerSecond / 1000.0)) - 1;
        _filled = now;
        if (_left < 0)
        {
            throw new Http2Exception(Http2Error.EnhanceYourCalm, "The client sends more control frames than a connection may.");
        }
    }
}
