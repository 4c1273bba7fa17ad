using Millrace.Decisions.Candidates.Vectors;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>
/// The vectors of one embedding of a folder's items, found by nearness. It follows the folder's snapshots: what differs between the last one and the next is added, replaced or
/// removed, so that it needs no account of changes and may pass over epochs. Rows are the folder's. One thread follows; any thread searches, and asks its own snapshot what a row holds.
/// </summary>
/// <param name="key">The embedding.</param>
/// <param name="options">Its bounds.</param>
internal sealed class NeighbourIndex(ItemVectorsKey key, NeighbourOptions options)
{
    private const int RowsPerLook = 256;

    private readonly float[] _vector = new float[key.Dimensions];
    private readonly PriorityQueue<int, long> _expiring = new();
    private FeatureSnapshot? _followed;
    private NeighbourState _state = new();
    private int _changes;
    private bool _isFull;
    private bool _isTorn;
    private long _leftOut;

    internal ItemVectorsKey Key => key;

    internal VectorIndex Vectors { get; } = new(options.Index with { Dimensions = key.Dimensions });

    /// <summary>Whether it holds so many rows that a scan of all would cost more than a search.</summary>
    internal bool Serves => Vectors.Count >= options.Least;

    /// <summary>The last snapshot that it holds whole; null before the first.</summary>
    internal FeatureSnapshot? Followed => Volatile.Read(ref _followed);

    /// <summary>What it held when a snapshot was last followed.</summary>
    internal NeighbourState State => Volatile.Read(ref _state);

    /// <summary>Takes what changed up to a snapshot. Given up half way, it begins again from the last that was taken whole.</summary>
    /// <param name="snapshot">Of the folder that the ones before were of.</param>
    /// <param name="giveUp">Asked every few rows.</param>
    internal void Follow(FeatureSnapshot snapshot, Func<bool> giveUp)
    {
        if (ReferenceEquals(snapshot, _followed)) return;
        var vectors = snapshot.State<CatalogueState.Frozen>(key);
        foreach (int row in snapshot.ItemsChangedSince(_followed))
        {
            if (_changes++ % RowsPerLook == 0)
            {
                if (giveUp())
                {
                    _isTorn = true;
                    return;
                }

                _isFull = Vectors.Bytes >= options.MaxBytes;
            }

            Take(row, snapshot, vectors);
        }

        Expire(snapshot);
        _isTorn = false;
        Volatile.Write(ref _followed, snapshot);
        Volatile.Write(ref _state, new NeighbourState
        {
            Rows = Vectors.Count,
            Lists = Vectors.Lists,
            Bytes = Vectors.Bytes,
            Splits = Vectors.Splits,
            Merges = Vectors.Merges,
            Moves = Vectors.Moves,
            LeftOut = _leftOut,
            Epoch = snapshot.Epoch,
        });
    }

    private void Take(int row, FeatureSnapshot snapshot, CatalogueState.Frozen vectors)
    {
        ReadOnlySpan<uint> cells = snapshot.Known(row) is { Deleted: false } item && !HasExpired(item, snapshot) ? vectors.Of(snapshot.Cells(row)) : [];
        if (cells.IsEmpty || cells[0] == 0)
        {
            Vectors.Remove(row);
            return;
        }

        bool has = Vectors.Has(row);

        // Where a snapshot was taken in part, what the index has of a row may be of that one.
        FeatureSnapshot? before = has && !_isTorn ? _followed : null;
        if (snapshot.Item(row).Expires is { } expires && before?.Known(row)?.Expires != expires) _expiring.Enqueue(row, expires.Value);

        // Most changes of an item leave its vector as it was.
        if (before?.Known(row) is not null && vectors.Of(before.Cells(row)).SequenceEqual(cells)) return;
        if (!has && _isFull)
        {
            _leftOut++;
            return;
        }

        ReadOnlySpan<sbyte> bytes = ItemVectors.Vector(cells);
        for (int i = 0; i < _vector.Length; i++) _vector[i] = bytes[i];
        Vectors.Add(row, _vector);
    }

    // No fact says that an item has expired: those that have would fill the index of a catalogue of news.
    private void Expire(FeatureSnapshot snapshot)
    {
        while (_expiring.TryPeek(out int row, out long expires) && expires <= snapshot.Time.Value)
        {
            _expiring.Dequeue();
            if (snapshot.Known(row) is { } item && HasExpired(item, snapshot)) Vectors.Remove(row);
        }

        if (_expiring.Count > 2 * (Vectors.Count + RowsPerLook)) Forget(snapshot);
    }

    // Times that items no longer have, of items whose time changes often.
    private void Forget(FeatureSnapshot snapshot)
    {
        _expiring.Clear();
        foreach (int row in snapshot.ItemsChangedSince(null))
        {
            if (Vectors.Has(row) && snapshot.Known(row)?.Expires is { } expires) _expiring.Enqueue(row, expires.Value);
        }
    }

    private static bool HasExpired(CatalogueItem item, FeatureSnapshot snapshot) => item.Expires is { } expires && expires <= snapshot.Time;
}
