using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Local;

/// <summary>Sessions or users of one shard, by key, the longest quiet first. Not thread-safe: its shard's lock guards it.</summary>
/// <param name="sections">How many sections each has.</param>
/// <param name="kept">Who is quiet for longer leaves: nothing of them would be read any more.</param>
/// <param name="most">The bound; beyond it the longest quiet leaves.</param>
internal sealed class PersonTable(int sections, TimeSpan kept, int most)
{
    private readonly long _kept = kept.Ticks / TimeSpan.TicksPerMicrosecond;
    private readonly Dictionary<string, LinkedListNode<Person>> _persons = new(StringComparer.Ordinal);
    private readonly LinkedList<Person> _byTouch = new();
    private long _clock = long.MinValue;
    private long _evicted;

    internal int Count => _persons.Count;

    /// <summary>How many left because of the bound.</summary>
    internal long Evicted => Volatile.Read(ref _evicted);

    /// <summary>All of them, the longest quiet first.</summary>
    internal IEnumerable<(string Key, PersonBlob Blob)> All => _byTouch.Select(person => (person.Key, person.Blob));

    internal PersonBlob? Find(ReadOnlySpan<char> key) => _persons.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var node) ? node.Value.Blob : null;

    /// <summary>The person's state to write, new when it is not known.</summary>
    /// <param name="key">The person.</param>
    /// <param name="received">When the fact about it was received, Unix µs.</param>
    /// <param name="position">Where the fact stands.</param>
    internal PersonBlob Touch(ReadOnlySpan<char> key, long received, Position position)
    {
        _clock = Math.Max(_clock, received);
        if (_persons.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var node))
        {
            _byTouch.Remove(node);
            _byTouch.AddLast(node);
        }
        else
        {
            node = Add(key.ToString(), new PersonBlob(sections));
        }

        node.Value.Take(position);
        node.Value.Blob.Touched = Math.Max(node.Value.Blob.Touched, received);
        Trim();
        return node.Value.Blob;
    }

    /// <summary>Takes a person in as the latest; false when it is there already.</summary>
    internal bool TryAdd(string key, PersonBlob blob)
    {
        if (_persons.ContainsKey(key))
        {
            return false;
        }

        _clock = Math.Max(_clock, blob.Touched);
        Add(key, blob);
        Trim();
        return true;
    }

    /// <summary>Whether nothing about the person stands at or after <paramref name="cut"/>, one offset per partition, in what was folded.</summary>
    internal bool IsAsOf(ReadOnlySpan<char> key, ReadOnlySpan<long> cut) =>
        !_persons.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var node) || node.Value.IsAsOf(cut);

    internal bool Remove(ReadOnlySpan<char> key)
    {
        if (!_persons.GetAlternateLookup<ReadOnlySpan<char>>().Remove(key, out _, out var node))
        {
            return false;
        }

        _byTouch.Remove(node);
        return true;
    }

    private LinkedListNode<Person> Add(string key, PersonBlob blob)
    {
        var node = _byTouch.AddLast(new Person(key, blob));
        _persons.Add(key, node);
        return node;
    }

    private void Trim()
    {
        while (_byTouch.First is { } oldest)
        {
            var quiet = oldest.Value.Blob.Touched < _clock - _kept;
            if (!quiet && _persons.Count <= most)
            {
                return;
            }

            if (!quiet)
            {
                Volatile.Write(ref _evicted, _evicted + 1);
                FeatureMetrics.BoundHit("persons");
            }

            _persons.Remove(oldest.Value.Key);
            _byTouch.RemoveFirst();
        }
    }

    private sealed class Person(string key, PersonBlob blob)
    {
        // A session's facts move to its user's partition at most once, at the login.
        private Position _last;
        private Position _before;

        internal string Key => key;

        internal PersonBlob Blob => blob;

        internal void Take(Position position)
        {
            if (_last.Partition != position.Partition)
            {
                _before = _last;
            }

            _last = position;
        }

        internal bool IsAsOf(ReadOnlySpan<long> cut) => Precedes(_last, cut) && Precedes(_before, cut);

        private static bool Precedes(Position position, ReadOnlySpan<long> cut) => position == default || position.Offset < cut[position.Partition];
    }
}
