namespace Millrace.Delivery.FrontEnd;

/// <summary>The bounds of the front door. Each is counted when it is hit (<see cref="DeliveryStats.BoundsHit"/>), but for the idle and the per-connection ones, which are no faults.</summary>
public sealed record FrontDoorOptions
{
    /// <summary>Connections at once; more are reset. Each costs some 10 KiB when idle.</summary>
    public int MaxConnections { get; init; } = 16_384;

    /// <summary>Connections at once from one client address (IPv6: one /64); more are reset. Wide enough for a proxy or a campus behind one address.</summary>
    public int MaxConnectionsPerClient { get; init; } = 4096;

    /// <summary>Requests on one connection; then it is closed, so that load spreads again. nginx: 1,000, made when heads were costlier than handshakes.</summary>
    public int MaxRequestsPerConnection { get; init; } = 100_000;

    /// <summary>Streams of one HTTP/2 connection at once (RFC 9113 §6.5.2 recommends no fewer than 100).</summary>
    public int MaxStreams { get; init; } = 128;

    /// <summary>
    /// HTTP/2 frames that carry neither a request nor data (PING, SETTINGS, RST_STREAM, PRIORITY, CONTINUATION, empty DATA, tiny WINDOW_UPDATE) a second, in
    /// the mean over ten; beyond it the connection is cut. A busy browser sends some ten.
    /// </summary>
    public int MaxControlFramesPerSecond { get; init; } = 100;

    /// <summary>A request's head in bytes, start line included. Kestrel, nginx and Apache: 32 KiB in all.</summary>
    public int MaxHeadBytes { get; init; } = 32 * 1024;

    /// <summary>A request's field lines. Kestrel and Apache: 100.</summary>
    public int MaxHeadFields { get; init; } = 100;

    /// <summary>A request's body in bytes. Kestrel: 30 MB.</summary>
    public long MaxBodyBytes { get; init; } = 30_000_000;

    /// <summary>From the first byte of a head to its last. Kestrel: 30 s; nginx: 60 s.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may wait for its next request. nginx: 75 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>How slow a client may send a body or take a response, in bytes a second over the time that it is waited for, after <see cref="SlowGrace"/>. Kestrel: 240.</summary>
    public int MinBytesPerSecond { get; init; } = 500;

    /// <summary>How long a client may stall before <see cref="MinBytesPerSecond"/> counts. Kestrel: 5 s; twice that, for a phone that changes cells.</summary>
    public TimeSpan SlowGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Throws when a bound makes no sense.</summary>
    /// <exception cref="ArgumentException">All faults, one a line.</exception>
    internal void Validate()
    {
        List<string> faults = [];
        Check(MaxConnections > 0, nameof(MaxConnections), "one or more");
        Check(MaxConnectionsPerClient > 0, nameof(MaxConnectionsPerClient), "one or more");
        Check(MaxRequestsPerConnection > 0, nameof(MaxRequestsPerConnection), "one or more");
        Check(MaxStreams > 0, nameof(MaxStreams), "one or more");
        Check(MaxControlFramesPerSecond > 0, nameof(MaxControlFramesPerSecond), "one or more");
        Check(MaxHeadBytes is >= 1024 and <= 1024 * 1024, nameof(MaxHeadBytes), "1 KiB to 1 MiB");
        Check(MaxHeadFields > 0, nameof(MaxHeadFields), "one or more");
        Check(MaxBodyBytes >= 0, nameof(MaxBodyBytes), "zero or more bytes");
        Check(MinBytesPerSecond > 0, nameof(MinBytesPerSecond), "one or more");
        CheckTime(HeadTimeout, nameof(HeadTimeout));
        CheckTime(IdleTimeout, nameof(IdleTimeout));
        CheckTime(SlowGrace, nameof(SlowGrace));
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, faults));
        }

        void Check(bool holds, string name, string expected)
        {
            if (!holds)
            {
                faults.Add($"{name}: expected {expected}");
            }
        }

        void CheckTime(TimeSpan value, string name) => Check(value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromDays(1), name, "a second to a day");
    }
}
