using Millrace.Features.Images;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Local;

/// <summary>Sessions or users of one shard, by key, the longest quiet first. Not thread-safe: its shard's lock guards it.</summary>
/// <param name="sections">How many sections each has.</param>
/// <param name="kept">Who is quiet for longer leaves: nothing of them would be read any more.</param>
/// <param name="most">The bound; beyond it the longest quiet leaves.</param>
/// <param name="bound">What a metric calls that.</param>
internal sealed class PersonTable(int sections, TimeSpan kept, int most, string bound = "persons")
{
    /// <summary>The most sessions of a user that are remembered, for an erasure: those begun longest ago go first.</summary>
    internal const int MostSessions = 64;

    private const int MostSpareBytes = 512;
    private const long LinkedAgain = 7 * TimeSpan.MicrosecondsPerDay;

    private readonly long _kept = kept.Ticks / TimeSpan.TicksPerMicrosecond;
    private readonly TouchList<Person> _persons = new();
    private readonly Stack<PersonBlob> _spare = new();
    private readonly int _mostSpare = Math.Min(64, most / 16);
    private long _clock = long.MinValue;
    private long _turn;
    private int _oldest = -1;
    private long _oldestTouched; // Of that slot, so that it need not be looked up for each fact.
    private long _evicted;
    private long _firstEvicted = long.MaxValue;
    private long _lastEvicted = long.MinValue;

    internal int Count => _persons.Count;

    /// <summary>How many left because of the bound.</summary>
    internal long Evicted => Volatile.Read(ref _evicted);

    /// <summary>When the first and the last of them left, Unix µs as facts are received; the greatest and the least where none did.</summary>
    internal (long First, long Last) EvictedAt => (Volatile.Read(ref _firstEvicted), Volatile.Read(ref _lastEvicted));

    /// <summary>How many blobs of persons who left wait for the next.</summary>
    internal int Spare => _spare.Count;

    internal PersonBlob? Find(HashedKey key) => _persons.Find(key) is var slot and >= 0 ? _persons.Read(slot).Blob : null;

    /// <summary>The sessions that the person is known to have had, latest last.</summary>
    internal string[] SessionsOf(HashedKey key) => _persons.Find(key) is var slot and >= 0 ? _persons.Read(slot).Sessions ?? [] : [];

    /// <summary>The person's state to write, new when it is not known.</summary>
    /// <param name="key">The person.</param>
    /// <param name="received">When the fact about it was received, Unix µs.</param>
    /// <param name="keys">The keys of persons; null where nobody is written.</param>
    /// <param name="tenant">Of the fact.</param>
    /// <param name="subject">Under whose key the fact stands.</param>
    /// <param name="position">Where the fact stands.</param>
    /// <returns>Null when the subject has no key any more, hence was erased, or the person left at once, its fact being so old: there is nothing to change.</returns>
    internal PersonBlob? Touch(HashedKey key, long received, ISubjectKeys? keys, string tenant, string subject, Position position)
    {
        var slot = Touched(key, received, keys, tenant, subject, position);
        if (slot < 0)
        {
            return null;
        }

        Trim();
        return _persons.Read(slot).Blob;
    }

    /// <summary>
    /// Remembers a session of a person. While the table is less than half full, who was quiet for longest is told by weeks, so that nothing is changed by most facts: they are of
    /// sessions that are known.
    /// </summary>
    /// <param name="key">The person.</param>
    /// <param name="received">When the fact about it was received, Unix µs.</param>
    /// <param name="keys">The keys of persons; null where nobody is written.</param>
    /// <param name="tenant">Of the fact.</param>
    /// <param name="subject">Under whose key the fact stands.</param>
    /// <param name="position">Where the fact stands.</param>
    /// <param name="session">The session.</param>
    internal void Link(HashedKey key, long received, ISubjectKeys? keys, string tenant, string subject, Position position, string session)
    {
        if (2L * _persons.Count < most
            && _persons.Find(key) is var known and >= 0
            && _persons.Read(known) is { Sessions: { } linked, Linked: var last } && received - last < LinkedAgain && (linked[^1] == session || linked.AsSpan().Contains(session)))
        {
            return;
        }

        var slot = Touched(key, received, keys, tenant, subject, position);
        if (slot < 0)
        {
            return;
        }

        ref var person = ref _persons.Edit(slot);
        person.Linked = received;
        var sessions = person.Sessions ?? [];
        if (!sessions.AsSpan().Contains(session))
        {
            person.Sessions = [.. sessions.TakeLast(MostSessions - 1), session];
        }

        Trim();
    }

    /// <summary>Goes on counting from as many as left another table because of its bound.</summary>
    internal void GoOn(long evicted) => Volatile.Write(ref _evicted, _evicted + evicted);

    /// <summary>Takes a person in as the latest; false when it is there already.</summary>
    internal bool TryAdd(string key, Person person)
    {
        if (_persons.Find(key) >= 0)
        {
            return false;
        }

        _clock = Math.Max(_clock, person.Blob.Touched);
        _persons.Add(key, person);
        Trim();
        return true;
    }

    /// <summary>All, the longest quiet first.</summary>
    internal IEnumerable<(string Key, Person Person)> All() => _persons.Now.All().Select(one => (one.Key, one.Value));

    /// <summary>Whether nothing about the person stands at or after <paramref name="cut"/>, one offset per partition, in what was folded here.</summary>
    internal bool IsAsOf(HashedKey key, ReadOnlySpan<long> cut) => _persons.Find(key) is not (>= 0 and var slot) || _persons.Read(slot).IsAsOf(cut);

    internal bool Remove(HashedKey key)
    {
        var slot = _persons.Find(key);
        if (slot < 0)
        {
            return false;
        }

        Drop(slot);
        return true;
    }

    /// <summary>Removes everybody of whom a key was destroyed.</summary>
    internal void RemoveErased(ISubjectKeys keys)
    {
        foreach (var (slot, _, person) in _persons.Now.All().ToArray())
        {
            if (!person.By.IsAlive(keys))
            {
                Drop(slot);
            }
        }
    }

    /// <summary>What stands here now, for ever, by sharing.</summary>
    internal TouchList<Person>.Frozen Freeze()
    {
        _turn++;
        _spare.Clear();
        return _persons.Freeze();
    }

    /// <returns>The person's slot, as the one touched last; −1 when the subject was erased.</returns>
    private int Touched(HashedKey key, long received, ISubjectKeys? keys, string tenant, string subject, Position position)
    {
        var slot = _persons.Find(key);
        if ((slot < 0 ? Sealing.None : _persons.Read(slot).By).With(keys, tenant, subject) is not { } by)
        {
            return -1;
        }

        _clock = Math.Max(_clock, received);
        if (slot < 0)
        {
            slot = _persons.Add(key, new Person { Blob = _spare.TryPop(out var spare) ? spare : new PersonBlob(sections, _turn) });
        }
        else
        {
            _oldest = slot == _oldest ? -1 : _oldest;
            _persons.Touch(slot);
        }

        ref var person = ref _persons.Edit(slot);
        if (person.Blob.Turn != _turn)
        {
            person.Blob = person.Blob.CopyFor(_turn);
        }

        person.By = by;
        person.Take(position);
        person.Blob.Touched = Math.Max(person.Blob.Touched, received);
        return slot;
    }

    private void Trim()
    {
        while (_persons.First is var oldest and >= 0)
        {
            if (oldest != _oldest)
            {
                (_oldest, _oldestTouched) = (oldest, _persons.Read(oldest).Blob.Touched);
            }

            var quiet = _oldestTouched < _clock - _kept;
            if (!quiet && _persons.Count <= most)
            {
                return;
            }

            if (!quiet)
            {
                Volatile.Write(ref _evicted, _evicted + 1);
                Volatile.Write(ref _firstEvicted, Math.Min(_firstEvicted, _clock));
                Volatile.Write(ref _lastEvicted, Math.Max(_lastEvicted, _clock));
                FeatureMetrics.BoundHit(bound);
            }

            Drop(oldest);
        }
    }

    private void Drop(int slot)
    {
        var blob = _persons.Read(slot).Blob;
        _oldest = slot == _oldest ? -1 : _oldest;
        _persons.Remove(slot);

        // One that no snapshot shares serves the next who comes: people come and go, and the collector would have to follow.
        if (blob.Turn == _turn && blob.Capacity <= MostSpareBytes && _spare.Count < _mostSpare)
        {
            blob.Clear();
            _spare.Push(blob);
        }
    }

    internal struct Person
    {
        internal PersonBlob Blob;

        internal Sealing By;

        /// <summary>Of a user: never changed, latest last; null for none.</summary>
        internal string[]? Sessions;

        /// <summary>Of a user: when a session was last remembered, Unix µs.</summary>
        internal long Linked;

        // A session's facts move to its user's partition at most once, at the login.
        private Position _last;
        private Position _before;

        /// <summary>One who is known in several places, in a state of its own; the last place's sessions are the latest.</summary>
        internal static Person Joined(Person[] places) => places[^1] with
        {
            Blob = new PersonBlob(0) { Touched = places.Max(place => place.Blob.Touched) },
            Sessions = [.. places.SelectMany(place => place.Sessions ?? []).Reverse().Distinct(StringComparer.Ordinal).Take(MostSessions).Reverse()],
        };

        internal void Take(Position position)
        {
            if (_last.Partition != position.Partition)
            {
                _before = _last;
            }

            _last = position;
        }

        internal readonly bool IsAsOf(ReadOnlySpan<long> cut) => Precedes(_last, cut) && Precedes(_before, cut);

        private static bool Precedes(Position position, ReadOnlySpan<long> cut) => position == default || position.Offset < cut[position.Partition];
    }
}
