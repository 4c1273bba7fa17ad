using System.Collections.Immutable;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.Local;

/// <summary>User state in this process: bounded, the longest idle leave first; thread-safe behind one short lock.</summary>
/// <param name="idle">After so long without an event a session is forgotten; 30 min is what web analytics take for a session's end.</param>
/// <param name="maxPersons">The most sessions and users kept; the least recently active leaves, counted in <see cref="Evicted"/>.</param>
/// <param name="maxSeen">The most seen items kept of each.</param>
public sealed class EmbeddedUserState(TimeSpan? idle = null, int maxPersons = 1_000_000, int maxSeen = 100) : IUserState
{
    private readonly TimeSpan _idle = idle ?? TimeSpan.FromMinutes(30);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _persons = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byAge = new();
    private readonly Dictionary<int, long> _next = [];
    private long _evicted;

    /// <summary>How many were dropped because the bound was hit, not because they were idle.</summary>
    public long Evicted => Volatile.Read(ref _evicted);

    public void Observe(in StoredFact stored)
    {
        if (stored.Fact is not Observed observed || !Counts(observed.Event))
        {
            return;
        }

        var time = observed.Received.Value == 0 ? observed.Time.Value : observed.Received.Value;
        lock (_lock)
        {
            // A session that went on as a user's spans two partitions: what was taken is known per partition, not per person.
            if (stored.Position.Offset < _next.GetValueOrDefault(stored.Position.Partition))
            {
                return;
            }

            _next[stored.Position.Partition] = stored.Position.Offset + 1;
            if (observed.Session is { } session) Take($"{observed.Tenant}\ns{session}", observed, stored.Position, time);
            if (observed.User is { } user) Take($"{observed.Tenant}\nu{user}", observed, stored.Position, time);
        }
    }

    public UserView Read(string tenant, string? user, string? session, UnixMicros now)
    {
        string? key = session is not null ? $"{tenant}\ns{session}" : user is not null ? $"{tenant}\nu{user}" : null;
        if (key is null) return UserView.Empty;
        lock (_lock)
        {
            if (!_persons.TryGetValue(key, out LinkedListNode<Entry>? node)) return UserView.Empty;
            return now - new UnixMicros(node.Value.Time) > _idle ? UserView.Empty : node.Value.View;
        }
    }

    private static bool Counts(string name) => name is "click" or "conversion" or "hide" or "report";

    private void Take(string key, Observed observed, Position position, long time)
    {
        if (!_persons.TryGetValue(key, out LinkedListNode<Entry>? node))
        {
            _persons.Add(key, node = _byAge.AddLast(new Entry(key)));
            Trim(time);
        }
        else
        {
            _byAge.Remove(node);
            _byAge.AddLast(node);
        }

        Entry entry = node.Value;
        UserView view = new UnixMicros(time) - new UnixMicros(entry.Time) > _idle ? UserView.Empty : entry.View;
        entry.View = new UserView(
            observed.Event == "click" ? Front(view.Recent, observed.Item, FeatureOptions.MostRecent) : view.Recent,
            Front(view.Seen, observed.Item, maxSeen),
            position);
        entry.Time = Math.Max(entry.Time, time);
    }

    private void Trim(long now)
    {
        while (_byAge.First is { } oldest && oldest.Value.View.Position is not null)
        {
            bool stale = new UnixMicros(now) - new UnixMicros(oldest.Value.Time) > _idle;
            if (!stale && _persons.Count <= maxPersons) return;
            if (!stale)
            {
                Volatile.Write(ref _evicted, _evicted + 1);
                FeatureMetrics.BoundHit("persons");
            }

            _persons.Remove(oldest.Value.Key);
            _byAge.RemoveFirst();
        }
    }

    private static ImmutableArray<string> Front(ImmutableArray<string> list, string item, int most)
    {
        int at = list.IndexOf(item);
        ReadOnlySpan<string> before = list.AsSpan();
        int kept = Math.Min(at < 0 ? before.Length : before.Length - 1, most - 1);
        var next = new string[kept + 1];
        next[0] = item;
        for (int from = 0, to = 1; to <= kept; from++)
        {
            if (from != at) next[to++] = before[from];
        }

        return System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(next);
    }

    private sealed class Entry(string key)
    {
        internal string Key { get; } = key;

        internal UserView View { get; set; } = UserView.Empty;

        internal long Time { get; set; }
    }
}
