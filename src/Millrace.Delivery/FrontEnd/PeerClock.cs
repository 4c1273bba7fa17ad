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
internal sealed class PeerClock(FrontDoorOptions options, ConnectionWatch watch)
{
    /// <summary>How long a client may take to end what we have ended: its answer's acknowledgement, not more requests, is waited for.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);

    private volatile Awaiting _awaiting;
    private long _since;
    private Flow _sending = new();
    private Flow _taking = new();

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
    }

    public void BeginReceiving() => _sending.Begin(watch.Now, 0);

    public void EndReceiving() => _sending.End(watch.Now);

    /// <summary>Counts what a body brought.</summary>
    public void Received(int bytes) => _sending.Add(bytes);

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
        return watch.Now - Volatile.Read(ref _since) > limit.TotalMilliseconds || _sending.IsSlow(watch.Now, options);
    }

    /// <summary>Whether the client takes its response too slowly.</summary>
    public bool IsDeaf() => _taking.IsSlow(watch.Now, options);

    /// <summary>Bytes in one direction, and the time that they were waited for.</summary>
    private struct Flow
    {
        private const long NotWaiting = -1;

        private long _begun;
        private long _waited;
        private long _bytes;

        public Flow() => _begun = NotWaiting;

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

        public readonly bool IsSlow(long now, FrontDoorOptions options) =>
            Volatile.Read(in _begun) is var begun and not NotWaiting
            && _waited + now - begun > options.SlowGrace.TotalMilliseconds + (_bytes * 1000 / options.MinBytesPerSecond);
    }
}
