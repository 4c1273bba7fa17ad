namespace Millrace.Features.Online;

/// <summary>
/// What each session of one partition clicked last, so that pairs can be counted. A session ends when it was idle by the partition's own
/// clock, so that what is forgotten does not depend on how partitions were interleaved.
/// </summary>
internal sealed class FoldedSessions(TimeSpan idle, int maxSessions)
{
    private readonly long _idle = idle.Ticks / TimeSpan.TicksPerMicrosecond;
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly Queue<(string Key, long Time)> _byAge = new();
    private long _clock = long.MinValue;

    /// <summary>The rows that the session clicked, newest first; empty when it is new or was idle too long.</summary>
    internal ReadOnlySpan<int> Recent(string key, long time)
    {
        _clock = Math.Max(_clock, time);
        while (_byAge.TryPeek(out var oldest) && (oldest.Time < _clock - _idle || _sessions.Count > maxSessions))
        {
            _byAge.Dequeue();
            if (_sessions.TryGetValue(oldest.Key, out Session? session) && session.Last == oldest.Time) _sessions.Remove(oldest.Key);
        }

        return _sessions.TryGetValue(key, out Session? found) ? found.Recent : [];
    }

    /// <summary>Puts <paramref name="row"/> in front.</summary>
    internal void Push(string key, int row, long time)
    {
        if (!_sessions.TryGetValue(key, out Session? session)) _sessions.Add(key, session = new Session());
        session.Push(row);
        session.Last = Math.Max(session.Last, time);
        _byAge.Enqueue((key, session.Last));
    }

    private sealed class Session
    {
        private readonly List<int> _rows = new(4);

        internal long Last { get; set; } = long.MinValue;

        internal ReadOnlySpan<int> Recent => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows);

        internal void Push(int row)
        {
            _rows.Remove(row);
            _rows.Insert(0, row);
            if (_rows.Count > FeatureOptions.MostRecent) _rows.RemoveAt(_rows.Count - 1);
        }
    }
}
