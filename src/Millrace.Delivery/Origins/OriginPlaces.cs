namespace Millrace.Delivery.Origins;

/// <summary>
/// The places for connections to one endpoint: how many are taken, by whom, and which connections rest in theirs. The last used is taken first, so that those not needed go idle; a
/// share is kept from passes. The pool's lock guards it; nothing here waits.
/// </summary>
internal sealed class OriginPlaces(int max, int maxPasses)
{
    private readonly HashSet<OriginConnection> _all = [];
    private readonly List<OriginConnection> _idle = [];

    /// <summary>Connections, and places of those that are being opened.</summary>
    public int Open { get; private set; }

    public int Passes { get; private set; }

    /// <summary>Of the open, ready for a request.</summary>
    public int Idle => _idle.Count(static connection => !connection.IsStale);

    public long Opened { get; private set; }

    public long Reused { get; private set; }

    public OriginConnection[] Connections => [.. _all];

    public bool MayTake(OriginPace pace) => pace == OriginPace.Fill || Passes < maxPasses;

    /// <summary>Takes an idle connection, or (null) a place to open one in; who needs a new one has an idle one closed for it. False when all are taken.</summary>
    public bool TryTake(OriginPace pace, bool fresh, out OriginConnection? idle)
    {
        idle = null;
        if (!MayTake(pace) || ((idle = fresh ? null : TakeIdle()) is null && Open >= max && !DropIdle()))
        {
            return false;
        }

        Passes += pace == OriginPace.Pass ? 1 : 0;
        if (idle is null)
        {
            Open++;
            return true;
        }

        Reused++;
        idle.ExpectRead(long.MaxValue);
        idle.IsPass = pace == OriginPace.Pass;
        return true;
    }

    /// <summary>A connection was opened in the place that was taken for it.</summary>
    public void Fill(OriginConnection connection)
    {
        Opened++;
        _all.Add(connection);
    }

    /// <summary>No connection came to be in the place.</summary>
    public void Leave(OriginPace pace)
    {
        Passes -= pace == OriginPace.Pass ? 1 : 0;
        Open--;
    }

    /// <summary>Gives a connection back, to rest or to its end.</summary>
    public void Return(OriginConnection connection, bool rests)
    {
        if (rests)
        {
            Passes -= connection.IsPass ? 1 : 0;
            _idle.Add(connection);
            return;
        }

        connection.Close();
        _all.Remove(connection);
        Leave(connection.IsPass ? OriginPace.Pass : OriginPace.Fill);
    }

    public void BecomePass(OriginConnection connection)
    {
        if (!connection.IsPass)
        {
            connection.IsPass = true;
            Passes++;
        }
    }

    /// <summary>Ends idle connections that have rested too long or have ended; all of them when no time is given.</summary>
    public void Expire(long now = long.MaxValue)
    {
        for (var i = _idle.Count - 1; i >= 0; i--)
        {
            if (_idle[i].Deadline <= now || _idle[i].IsStale)
            {
                Forget(i);
            }
        }
    }

    private OriginConnection? TakeIdle()
    {
        while (_idle.Count > 0)
        {
            var last = _idle[^1];
            if (!last.IsStale)
            {
                _idle.RemoveAt(_idle.Count - 1);
                return last;
            }

            Forget(_idle.Count - 1);
        }

        return null;
    }

    private bool DropIdle()
    {
        if (_idle.Count == 0)
        {
            return false;
        }

        Forget(0);
        return true;
    }

    private void Forget(int index)
    {
        var connection = _idle[index];
        _idle.RemoveAt(index);
        _all.Remove(connection);
        Open--;
        connection.Close();
    }
}
