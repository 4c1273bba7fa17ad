using Millrace.Features.Catalogue;
using Millrace.Features.Images;
using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>
/// What each session of one partition clicked last, so that pairs can be counted. A click belongs to its session's run when it lies within the idle time of the run's
/// last click; a later one begins a new run, and one that came much too late belongs to none. What is forgotten depends on the partition's own facts alone.
/// </summary>
internal sealed class FoldedSessions(FoldContext context, ISubjectKeys? keys)
{
    private const int MostKeyBytes = 1024;

    private readonly long _idle = context.Options.SessionIdle.Ticks / TimeSpan.TicksPerMicrosecond;
    private readonly TouchList<Session> _sessions = new();
    private long _clock = long.MinValue;

    /// <summary>How many sessions are followed.</summary>
    internal int Count => _sessions.Count;

    private RowUses Uses => context.Uses;

    /// <summary>The rows that the session clicked, newest first; empty when it is new, was idle too long, or has gone on past <paramref name="time"/>.</summary>
    /// <remarks><see cref="Pass"/> has been called with its time.</remarks>
    internal ReadOnlySpan<int> Recent(string key, long time) =>
        _sessions.Find(key) is var slot and >= 0 && _sessions.Read(slot) is var found && Math.Abs(time - found.Last) <= _idle ? found.Rows : [];

    /// <summary>Takes note that the partition has come to <paramref name="time"/>, and forgets who has been idle for too long.</summary>
    internal void Pass(long time)
    {
        _clock = Math.Max(_clock, time);
        ForgetIdle();
    }

    /// <summary>Puts <paramref name="row"/> in front; <see cref="Pass"/> has been called with its time.</summary>
    /// <param name="key">The session.</param>
    /// <param name="subject">Under whose key it is written; a click of someone who has none, hence is erased, changes nothing.</param>
    /// <param name="row">The item's row.</param>
    /// <param name="time">The click's time.</param>
    internal void Push(string key, string subject, int row, long time)
    {
        var slot = _sessions.Find(key);
        if ((slot < 0 ? Sealing.None : _sessions.Read(slot).By).With(keys, context.Options.Tenant, subject) is not { } by)
        {
            return;
        }

        if (slot < 0)
        {
            if (_sessions.Count >= context.Options.MaxSessions)
            {
                context.Counts.EvictSession();
                Forget(_sessions.First);
            }

            slot = _sessions.Add(key, new Session { Last = time, Rows = [] });
        }

        _sessions.Touch(slot);
        ref var session = ref _sessions.Edit(slot);
        (session.Touched, session.By) = (_clock, by);
        if (time > session.Last + _idle)
        {
            Release(session.Rows);
            session.Rows = [];
        }
        else if (time < session.Last - _idle)
        {
            return;
        }

        session.Rows = Pushed(session.Rows, row);
        session.Last = Math.Max(session.Last, time);
    }

    /// <summary>Forgets a session.</summary>
    internal void Forget(string key)
    {
        if (_sessions.Find(key) is var slot and >= 0)
        {
            Forget(slot);
        }
    }

    /// <summary>Forgets every session of which a key was destroyed.</summary>
    internal void ForgetErased(ISubjectKeys alive)
    {
        foreach (var (slot, _, session) in _sessions.Now.All().ToArray())
        {
            if (!session.By.IsAlive(alive))
            {
                Forget(slot);
            }
        }
    }

    /// <summary>What it holds now, to be written later by another thread: sealed, in the order of touching.</summary>
    internal Action<StateWriter, PersonSealer> Image()
    {
        var (clock, sessions) = (_clock, _sessions.Freeze());
        return (to, sealer) =>
        {
            to.Signed(clock);
            var before = sealer.LeftOut;
            foreach (var (_, key, session) in sessions.All())
            {
                sealer.Seal(session.By, (key, session), Write, to);
            }

            to.Flag(false);
            to.Count(sealer.LeftOut - before);
        };
    }

    /// <summary>Reads back what <see cref="Image"/> wrote; sessions whose keys were destroyed are left out.</summary>
    internal void Load(StateReader from, PersonSealer sealer)
    {
        _clock = from.Signed();
        for (var left = context.Options.MaxSessions; from.Flag(); left--)
        {
            if (left == 0)
            {
                throw new FeatureSnapshotException(FeatureSnapshotFault.Oversized, $"more than {context.Options.MaxSessions} sessions");
            }

            if (sealer.Open(from) is not var (text, by))
            {
                continue;
            }

            var key = text.Text(MostKeyBytes) ?? throw text.Bad("a session", "none");
            var session = new Session { Last = text.Signed(), Touched = text.Signed(), By = by, Rows = new int[text.Count(FeatureOptions.MostRecent)] };
            foreach (ref var row in session.Rows.AsSpan())
            {
                row = context.LoadRow(text);
            }

            if (_sessions.Find(key) >= 0 || session.Rows.Distinct().Count() != session.Rows.Length)
            {
                throw new FeatureSnapshotException(FeatureSnapshotFault.Duplicate, "a session, or a row of one, twice");
            }

            Array.ForEach(session.Rows, Uses.Hold);
            _sessions.Add(key, session);
        }

        context.Counts.LeaveOut(from.Count(int.MaxValue), FoldBounds.SharedSessions);
    }

    private static void Write(StateWriter text, (string Key, Session Session) one)
    {
        text.Text(one.Key);
        text.Signed(one.Session.Last);
        text.Signed(one.Session.Touched);
        text.Count(one.Session.Rows.Length);
        Array.ForEach(one.Session.Rows, text.Count);
    }

    // The partition's clock never goes back, so that the order of touching is the order of leaving.
    private void ForgetIdle()
    {
        while (_sessions.First is var oldest and >= 0 && _sessions.Read(oldest).Touched < _clock - _idle)
        {
            Forget(oldest);
        }
    }

    private void Forget(int slot)
    {
        Release(_sessions.Read(slot).Rows);
        _sessions.Remove(slot);
    }

    private void Release(int[] rows) => Array.ForEach(rows, Uses.Release);

    /// <summary>A new array, since snapshots share the old one: the row in front, and no row twice.</summary>
    private int[] Pushed(int[] rows, int row)
    {
        var known = Array.IndexOf(rows, row);
        if (known < 0)
        {
            Uses.Hold(row);
            if (rows.Length == FeatureOptions.MostRecent)
            {
                Uses.Release(rows[^1]);
                known = rows.Length - 1;
            }
        }

        var pushed = new int[known < 0 ? rows.Length + 1 : rows.Length];
        pushed[0] = row;
        rows.AsSpan(0, known < 0 ? rows.Length : known).CopyTo(pushed.AsSpan(1));
        if (known >= 0)
        {
            rows.AsSpan(known + 1).CopyTo(pushed.AsSpan(known + 1));
        }

        return pushed;
    }

    internal struct Session
    {
        /// <summary>Newest first; never changed.</summary>
        internal int[] Rows;

        internal Sealing By;

        /// <summary>The time of its run's last click.</summary>
        internal long Last;

        /// <summary>The partition's clock when it was last pushed to.</summary>
        internal long Touched;
    }
}
