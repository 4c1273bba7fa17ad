namespace Millrace.Delivery.FrontEnd;

/// <summary>The streams of a connection: those that live, those lately closed, and what is kept for the next. Guarded by the output's gate.</summary>
internal sealed class Http2StreamTable
{
    /// <summary>As many as a client can have had under way when we closed the first.</summary>
    private const int Remembered = 256;

    private readonly Dictionary<int, Http2Stream> _open = [];
    private readonly Stack<Http2Stream> _spare = new();
    private int[] _closed = [];
    private int _nextClosed;
    private int _forgotten;

    /// <summary>Streams that frames may be sent on.</summary>
    public Dictionary<int, Http2Stream>.ValueCollection Open => _open.Values;

    /// <summary>Requests in hand: a stream that was reset counts until the core has let go of it, or resets would cost their sender nothing.</summary>
    public int InHand { get; private set; }

    public bool TryGet(int id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Http2Stream? stream) => _open.TryGetValue(id, out stream);

    /// <summary>Takes a spare one, if there is one.</summary>
    public Http2Stream? Spare() => _spare.TryPop(out var spare) ? spare : null;

    public void Add(Http2Stream stream)
    {
        _open.Add(stream.Id, stream);
        InHand++;
    }

    /// <summary>Closes a stream; the core may still have it in hand.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="mayFollow">Whether frames may still come that the client sent before it knew.</param>
    public void Close(Http2Stream stream, bool mayFollow)
    {
        if (_open.Remove(stream.Id) && mayFollow)
        {
            Remember(stream.Id);
        }
    }

    /// <summary>Notes a stream that was reset while the client had more to send.</summary>
    public void Remember(int id)
    {
        if (_closed.Length == 0)
        {
            _closed = new int[Remembered];
        }

        ref var place = ref _closed[_nextClosed++ % Remembered];
        _forgotten = Math.Max(_forgotten, place);
        place = id;
    }

    /// <summary>The core has let go of a stream.</summary>
    public void LetGo(Http2Stream stream)
    {
        InHand--;
        if (stream.IsReusable)
        {
            _spare.Push(stream);
        }
    }

    /// <summary>Whether frames of a closed stream are to be ignored rather than held against the client (RFC 9113 §5.1): those that we forgot had too many beside them.</summary>
    public bool MayFollow(int id) => id <= _forgotten || _closed.AsSpan().Contains(id);

    /// <summary>Keeps nothing for the next.</summary>
    public void Trim()
    {
        _spare.Clear();
        _spare.TrimExcess();
    }
}
