namespace Millrace.Delivery.FrontEnd;

/// <summary>What a connection waits for from its client.</summary>
internal enum Awaiting
{
    /// <summary>Nothing: a request is being answered.</summary>
    Nothing,

    /// <summary>The first byte of a request.</summary>
    Request,

    /// <summary>The rest of a head.</summary>
    Head,

    /// <summary>The client's end of a connection that we have ended.</summary>
    End,
}

/// <summary>
/// How patient a connection is with its client. The connection notes what it waits for, by plain writes and without a timer; its listener's one timer looks at all
/// of them (<see cref="ConnectionWatch"/>). Times are that timer's, hence coarse.
/// </summary>
/// <param name="options">How patient.</param>
/// <param name="watch">Tells the time.</param>
/// <param name="progress">How much the client's side has acknowledged; null where only what was given to send tells.</param>
internal sealed class PeerClock(FrontDoorOptions options, ConnectionWatch watch, PeerProgress? progress = null)
{
    /// <summary>
    /// What a client is believed to have taken before it says so: it opens a full window by a segment or a part of its buffer at a time (RFC 9293 §3.8.6.2.2;
    /// Linux: a sixteenth).
    /// </summary>
    private const int UntoldBytes = 16 * 1024;

    private const long Unknown = -1;

    /// <summary>How long a client may take to end what we have ended: its answer's acknowledgement, not more requests, is waited for.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);

    private volatile Awaiting _awaiting;
    private long _since;
    private Flow _sending = new();
    private Flow _taking = new();
    private long _acknowledgedBefore = Unknown;

    /// <summary>Notes what is waited for; the time runs from the first call for it.</summary>
    public void Await(Awaiting what)
    {
        if (_awaiting != what)
        {
            Volatile.Write(ref _since, watch.Now);
            _awaiting = what;
        }
    }

    /// <summary>A new request's body and response have all their time before them.</summary>
    public void BeginRequest()
    {
        _awaiting = Awaiting.Nothing;
        _sending.Clear();
        _taking.Clear();
        Volatile.Write(ref _acknowledgedBefore, Unknown);
    }

    public void BeginReceiving() => _sending.Begin(watch.Now, 0);

    public void EndReceiving() => _sending.End(watch.Now);

    /// <summary>Counts what a body brought.</summary>
    public void Received(int bytes) => _sending.Add(bytes);

    /// <summary>Notes a send that has to wait for the client, which counts as taken at once where the client's acknowledgements are not known: keep it small.</summary>
    public void BeginSending(int bytes) => _taking.Begin(watch.Now, bytes);

    public void EndSending() => _taking.End(watch.Now);

    /// <summary>Whether the client has been silent for too long where it has to speak.</summary>
    public bool IsSilent()
    {
        var limit = _awaiting switch
        {
            Awaiting.Request => options.IdleTimeout,
            Awaiting.Head => options.HeadTimeout,
            Awaiting.End => EndTimeout,
            _ => TimeSpan.MaxValue,
        };
        return watch.Now - Volatile.Read(ref _since) > limit.TotalMilliseconds || _sending.IsSlow(watch.Now, _sending.Bytes, options);
    }

    /// <summary>
    /// Whether the client takes its response too slowly. What counts is what it has acknowledged since it was first seen to be waited for, so that a full
    /// buffer of ours earns a client that stalls no time. For one caller at a time.
    /// </summary>
    public bool IsDeaf()
    {
        if (!_taking.IsWaitedFor)
        {
            return false;
        }

        var bytes = _taking.Bytes;
        if (progress?.Acknowledged() is { } acknowledged)
        {
            if (Interlocked.CompareExchange(ref _acknowledgedBefore, acknowledged, Unknown) is var before && before == Unknown)
            {
                before = acknowledged;
            }

            bytes = acknowledged - before + UntoldBytes;
        }

        return _taking.IsSlow(watch.Now, bytes, options);
    }

    /// <summary>Bytes in one direction, and the time that they were waited for.</summary>
    private struct Flow
    {
        private const long NotWaiting = -1;

        private long _begun;
        private long _waited;
        private long _bytes;

        public Flow() => _begun = NotWaiting;

        public readonly long Bytes => Volatile.Read(in _bytes);

        public readonly bool IsWaitedFor => Volatile.Read(in _begun) != NotWaiting;

        public void Clear() => (_begun, _waited, _bytes) = (NotWaiting, 0, 0);

        public void Begin(long now, int bytes)
        {
            _bytes += bytes;
            Volatile.Write(ref _begun, now);
        }

        public void Add(int bytes) => _bytes += bytes;

        public void End(long now)
        {
            _waited += now - _begun;
            Volatile.Write(ref _begun, NotWaiting);
        }

        public readonly bool IsSlow(long now, long bytes, FrontDoorOptions options) =>
            Volatile.Read(in _begun) is var begun and not NotWaiting
            && _waited + now - begun > options.SlowGrace.TotalMilliseconds + (bytes * 1000 / options.MinBytesPerSecond);
    }
}
