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

    /// <summary>What a fast time earns at most, in milliseconds: who has taken a gigabyte at once may not stall for days.</summary>
    private const long MostCredit = 120_000;

    /// <summary>How long a client may take to end what we have ended: its answer's acknowledgement, not more requests, is waited for.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);

    private volatile Awaiting _awaiting;
    private long _since;
    private Flow _sending = new(options);
    private Flow _taking = new(options);
    private long _acknowledgedBefore = Unknown;
    private long _waitedBefore;
    private long _credit;

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
        return watch.Now - Volatile.Read(ref _since) > limit.TotalMilliseconds || _sending.IsSlow(watch.Now);
    }

    /// <summary>
    /// Whether the client takes its response too slowly. What counts is what it has acknowledged since it was last looked at, so that a full buffer of ours
    /// earns a client that stalls no time. For one caller at a time.
    /// </summary>
    public bool IsDeaf()
    {
        if (!_taking.IsWaitedFor)
        {
            return false;
        }

        if (progress?.Acknowledged() is not { } acknowledged)
        {
            return _taking.IsSlow(watch.Now);
        }

        var before = Volatile.Read(ref _acknowledgedBefore);
        if (Interlocked.CompareExchange(ref _acknowledgedBefore, acknowledged, before) != before)
        {
            // A new request has begun meanwhile.
            return false;
        }

        if (before == Unknown)
        {
            (before, _waitedBefore, _credit) = (acknowledged, 0, Flow.Earned(UntoldBytes, options));
        }

        var waited = _taking.Waited(watch.Now);
        _credit = Math.Min(MostCredit, _credit + Flow.Earned(acknowledged - before, options)) - (waited - _waitedBefore);
        _waitedBefore = waited;
        return _credit < -options.SlowGrace.TotalMilliseconds;
    }

    /// <summary>One direction: the time that was waited for the client, and what is left of the time that its bytes have earned it. For one writer.</summary>
    private struct Flow
    {
        private const long NotWaiting = -1;

        private readonly FrontDoorOptions _options;
        private long _begun;
        private long _waited;
        private long _credit;

        public Flow(FrontDoorOptions options) => (_options, _begun) = (options, NotWaiting);

        public readonly bool IsWaitedFor => Volatile.Read(in _begun) != NotWaiting;

        /// <summary>The time in milliseconds that so many bytes may take.</summary>
        public static long Earned(long bytes, FrontDoorOptions options) => bytes * 1000 / options.MinBytesPerSecond;

        public void Clear() => (_begun, _waited, _credit) = (NotWaiting, 0, 0);

        public void Begin(long now, int bytes)
        {
            Add(bytes);
            Volatile.Write(ref _begun, now);
        }

        public void Add(int bytes) => _credit = Math.Min(MostCredit, _credit + Earned(bytes, _options));

        public void End(long now)
        {
            // A new request may have begun while something was sent still.
            if (Volatile.Read(in _begun) is var begun and not NotWaiting)
            {
                _waited += now - begun;
                _credit -= now - begun;
                Volatile.Write(ref _begun, NotWaiting);
            }
        }

        public readonly long Waited(long now) => _waited + (Volatile.Read(in _begun) is var begun and not NotWaiting ? now - begun : 0);

        public readonly bool IsSlow(long now) =>
            Volatile.Read(in _begun) is var begun and not NotWaiting && _credit - (now - begun) < -_options.SlowGrace.TotalMilliseconds;
    }
}
