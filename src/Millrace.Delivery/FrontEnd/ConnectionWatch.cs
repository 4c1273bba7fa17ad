using System.Globalization;
using System.Text;

namespace Millrace.Delivery.FrontEnd;

/// <summary>A connection that is looked at from time to time.</summary>
internal interface IWatched
{
    /// <summary>Ends what takes too long. Called from the watch's timer, at any moment; returns at once.</summary>
    void Look();
}

/// <summary>One timer for all connections of a listener: it looks at each once a second, and keeps the time and the Date field that they share.</summary>
internal sealed class ConnectionWatch : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly HashSet<IWatched> _connections = [];
    private readonly List<IWatched> _looking = [];
    private byte[] _date;
    private long _now;

    public ConnectionWatch(TimeProvider time)
    {
        _time = time;
        _began = time.GetTimestamp();
        _date = DateLine();
        _timer = time.CreateTimer(static watch => ((ConnectionWatch)watch!).Look(), this, Period, Period);
    }

    /// <summary>Milliseconds since the watch began, as of its last look.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>The Date field (RFC 9110 §6.6.1) as a line of HTTP/1.1, as of the last look.</summary>
    public ReadOnlySpan<byte> Date => Volatile.Read(ref _date);

    /// <summary>The value of the Date field alone.</summary>
    public ReadOnlySpan<byte> DateValue => Date["Date: ".Length..^2];

    public void Add(IWatched connection)
    {
        lock (_lock)
        {
            _connections.Add(connection);
        }
    }

    public void Remove(IWatched connection)
    {
        lock (_lock)
        {
            _connections.Remove(connection);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // A look that takes longer than the period is not joined by a second one.
        if (!Monitor.TryEnter(_looking))
        {
            return;
        }

        try
        {
            Volatile.Write(ref _now, (long)_time.GetElapsedTime(_began).TotalMilliseconds);
            Volatile.Write(ref _date, DateLine());
            lock (_lock)
            {
                _looking.AddRange(_connections);
            }

            foreach (var connection in _looking)
            {
                connection.Look();
            }

            _looking.Clear();
        }
        finally
        {
            Monitor.Exit(_looking);
        }
    }

    private byte[] DateLine() => Encoding.ASCII.GetBytes(_time.GetUtcNow().ToString("'Date: 'R'\r\n'", CultureInfo.InvariantCulture));
}
