using Millrace.Features.Catalogue;
using Millrace.Features.Images;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>One event as states fold it.</summary>
internal readonly ref struct FoldedEvent
{
    /// <summary>The fact itself: its type, value, unit, rank, surface, segment and context.</summary>
    internal required Observed Fact { get; init; }

    /// <summary>Unix µs: the sender's time, never later than received.</summary>
    internal required long Time { get; init; }

    /// <summary>The item.</summary>
    internal required ulong Item { get; init; }

    /// <summary>The item's row; −1 where persons are folded, who know items by hash.</summary>
    internal int Row { get; init; }

    /// <summary>Rows that the session clicked before, newest first; empty where persons are folded.</summary>
    internal ReadOnlySpan<int> Recent { get; init; }

    /// <summary>Whether it is a click of the session, which goes to the front of <see cref="Recent"/> afterwards.</summary>
    internal bool Pushes { get; init; }

    /// <summary>Its type: click, impression ...</summary>
    internal string Event => Fact.Event;
}

/// <summary>
/// Integer state of items that events update and snapshots freeze: words in the item's row, and what fits no row beside it. What it holds depends on the facts and the
/// time alone, never on the order of partitions. Single writer.
/// </summary>
internal abstract class ItemState
{
    /// <summary>The first of its cells in an item's row.</summary>
    internal int Front { get; set; }

    /// <summary>How many cells of four bytes it has in front of an item's row, where reading finds them: a line of the cache for sixteen of all features.</summary>
    internal virtual int Cells => 0;

    /// <summary>The first of its words in an item's row.</summary>
    internal int Offset { get; set; }

    /// <summary>How many words of an item's row it has behind those, for folding.</summary>
    internal virtual int Words => 0;

    /// <summary>What an item's row says of it, for whoever asks why a value is what it is.</summary>
    internal virtual long[] Numbers(ReadOnlySpan<long> row) => [.. row.Cells().Slice(Front, Cells).ToArray(), .. row.Slice(Offset, Words)];

    /// <summary>The event that it folds; null for every event.</summary>
    internal abstract string? Event { get; }

    /// <summary>Whether it folds events of this type.</summary>
    internal virtual bool Wants(string @event) => Event is null || Event == @event;

    /// <summary>Whether it looks at what the session clicked before.</summary>
    internal virtual bool ReadsRecent => false;

    /// <summary>When <see cref="Advance"/> will next have something to do, Unix µs.</summary>
    internal virtual long Due => long.MaxValue;

    /// <summary>Moves windows to end at <paramref name="time"/>; never backwards.</summary>
    internal virtual void Advance(long time)
    {
    }

    /// <summary>Folds one event of its kind; <see cref="Advance"/> has been called with its time.</summary>
    /// <param name="folded">The event.</param>
    /// <param name="row">The item's row, to write.</param>
    internal abstract void Apply(in FoldedEvent folded, Span<long> row);

    /// <summary>Takes what the catalogue now says of an item; all empty for one that was deleted.</summary>
    /// <param name="item">The change.</param>
    /// <param name="row">The item's row, to write.</param>
    internal virtual void Describe(ItemChanged item, Span<long> row)
    {
    }

    /// <summary>What the catalogue says that it cannot take; null for a state that takes all.</summary>
    internal virtual Misfits? Misfits => null;

    /// <summary>Takes a prior that was fitted, perhaps to another state.</summary>
    internal virtual void Take(PriorFitted prior)
    {
    }

    /// <summary>Drops what stands beside the row, to which nothing holds: another item gets it. Words of the row are cleared by the folder.</summary>
    internal virtual void Forget(int row)
    {
    }

    /// <summary>An immutable view, by sharing, in O(touched).</summary>
    /// <param name="time">Where windows end, Unix µs.</param>
    internal abstract FrozenState Freeze(long time);

    /// <summary>What stands here, to read until the next event: nothing is copied afterwards for its sake.</summary>
    /// <inheritdoc cref="Freeze" path="/param"/>
    internal virtual FrozenState View(long time) => Freeze(time);

    /// <summary>Whether <see cref="Load"/> fills its cells and words of the rows from what stands beside them; a snapshot keeps the words themselves otherwise.</summary>
    internal virtual bool FillsWords => false;

    /// <summary>Whether its cells are filled, from what stands beside the rows or from its words: a snapshot does not keep them then.</summary>
    internal virtual bool FillsCells => FillsWords;

    /// <summary>Whether what stands beside the rows could be asked for a person, or for what is sealed in facts: a snapshot hides it.</summary>
    internal virtual bool TellsOfPersons => false;

    /// <summary>
    /// What stands beside the rows, as it is now and to be written later by another thread. Large states share it; this copies what <see cref="Save"/> writes, which is right
    /// for some kilobytes.
    /// </summary>
    internal virtual StateImage Image()
    {
        using var copy = new MemoryStream();
        var writer = new StateWriter(copy);
        Save(writer);
        writer.Flush();
        var bytes = copy.ToArray();
        return to => to.Raw(bytes);
    }

    /// <summary>Writes what stands beside the rows; for states that do not share it.</summary>
    internal virtual void Save(StateWriter to)
    {
    }

    /// <summary>Reads back what <see cref="Image"/> wrote into a new state, and holds the rows that it refers to. The rows and their words are there already.</summary>
    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    internal virtual void Load(StateReader from)
    {
    }
}

/// <summary>Writes what a state held when it was taken.</summary>
internal delegate void StateImage(StateWriter to);

/// <summary>What the states of one folder share.</summary>
/// <param name="options">Their bounds.</param>
/// <param name="counts">What they refuse.</param>
internal sealed class FoldContext(FeatureOptions options, FoldCounts counts)
{
    /// <summary>Their bounds.</summary>
    internal FeatureOptions Options => options;

    /// <summary>What they refuse.</summary>
    internal FoldCounts Counts => counts;

    /// <summary>The most events of an item that a window counts: a cell of its row holds them, and the ring in fewer bits than that.</summary>
    internal int MostCounted { get; init; } = int.MaxValue;

    /// <summary>Where each says which rows it refers to.</summary>
    internal RowUses Uses { get; } = new();

    /// <summary>How many rows there are while a snapshot is loaded.</summary>
    internal int LoadedRows { get; set; }

    /// <summary>Whether an item stands in a row.</summary>
    internal Predicate<int> HasItem { get; init; } = static _ => true;

    /// <summary>A row of a snapshot that is loaded, in which an item stands.</summary>
    internal int LoadRow(StateReader from)
    {
        var row = from.Count(LoadedRows - 1);
        return HasItem(row) ? row : throw from.Bad("the row of an item", $"row {row}");
    }

    /// <summary>The items' words; set once every state has said how many it wants.</summary>
    internal RowStore Rows { get; set; } = null!;
}

/// <summary>A state as one snapshot sees it.</summary>
internal abstract class FrozenState
{
    /// <summary>The state by item id, in an order that depends on content alone: for tests of equality.</summary>
    internal abstract IEnumerable<string> Canonical(CanonicalItems items);
}

/// <summary>The items of a snapshot, for <see cref="FrozenState.Canonical"/>.</summary>
internal sealed class CanonicalItems(int rows, Func<int, string?> idOf, RowStore.Frozen words)
{
    internal int Rows => rows;

    /// <summary>The id of the item in a row.</summary>
    internal string IdOf(int row) => idOf(row) ?? throw new ArgumentOutOfRangeException(nameof(row), row, "no item stands in it");

    internal ReadOnlySpan<long> Words(int row) => words[row];

    internal ReadOnlySpan<uint> Cells(int row) => words[row].Cells();

    /// <summary>Rows that hold an item.</summary>
    internal IEnumerable<int> Taken => Enumerable.Range(0, rows).Where(row => idOf(row) is not null);
}
