using Millrace.Features.Catalogue;

namespace Millrace.Features.Online;

/// <summary>
/// What each session of one partition clicked last, so that pairs can be counted. A click belongs to its session's run when it lies within the idle time of the run's
/// last click; a later one begins a new run, and one that came much too late belongs to none. What is forgotten depends on the partition's own facts alone.
/// </summary>
internal sealed class FoldedSessions(TimeSpan idle, int maxSessions, RowUses uses, FoldCounts counts)
{
    private readonly long _idle = idle.Ticks / TimeSpan.TicksPerMicrosecond;
    private readonly Dictionary<string, LinkedListNode<Session>> _sessions = new(StringComparer.Ordinal);
    private readonly LinkedList<Session> _byTouch = new();
    private long _clock = long.MinValue;

    /// <summary>How many sessions are followed.</summary>
    internal int Count => _sessions.Count;

    /// <summary>The rows that the session clicked, newest first; empty when it is new, was idle too long, or has gone on past <paramref name="time"/>.</summary>
    internal ReadOnlySpan<int> Recent(string key, long time)
    {
        _clock = Math.Max(_clock, time);
        ForgetIdle();
        return _sessions.TryGetValue(key, out var found) && Math.Abs(time - found.Value.Last) <= _idle ? found.Value.Recent : [];
    }

    /// <summary>Puts <paramref name="row"/> in front; <see cref="Recent"/> has been called with its time.</summary>
    internal void Push(string key, int row, long time)
    {
        if (!_sessions.TryGetValue(key, out var node))
        {
            if (_sessions.Count >= maxSessions)
            {
                counts.EvictSession();
                Forget(_byTouch.First!);
            }

            node = new LinkedListNode<Session>(new Session(key, time));
            _sessions.Add(key, node);
        }
        else
        {
            _byTouch.Remove(node);
        }

        _byTouch.AddLast(node);
        var session = node.Value;
        session.Touched = _clock;
        if (time > session.Last + _idle)
        {
            session.Clear(uses);
        }
        else if (time < session.Last - _idle)
        {
            return;
        }

        session.Push(row, uses);
        session.Last = Math.Max(session.Last, time);
    }

    // The partition's clock never goes back, so that the order of touching is the order of leaving.
    private void ForgetIdle()
    {
        while (_byTouch.First is { } oldest && oldest.Value.Touched < _clock - _idle)
        {
            Forget(oldest);
        }
    }

    private void Forget(LinkedListNode<Session> node)
    {
        _byTouch.Remove(node);
        _sessions.Remove(node.Value.Key);
        node.Value.Clear(uses);
    }

    private sealed class Session(string key, long first)
    {
        private readonly List<int> _rows = new(4);

        internal string Key { get; } = key;

        /// <summary>The time of its run's last click.</summary>
        internal long Last { get; set; } = first;

        /// <summary>The partition's clock when it was last pushed to.</summary>
        internal long Touched { get; set; }

        internal ReadOnlySpan<int> Recent => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows);

        internal void Push(int row, RowUses uses)
        {
            if (!_rows.Remove(row))
            {
                uses.Hold(row);
            }

            _rows.Insert(0, row);
            if (_rows.Count > FeatureOptions.MostRecent)
            {
                uses.Release(_rows[^1]);
                _rows.RemoveAt(_rows.Count - 1);
            }
        }

        internal void Clear(RowUses uses)
        {
            foreach (var row in _rows)
            {
                uses.Release(row);
            }

            _rows.Clear();
        }
    }
}
