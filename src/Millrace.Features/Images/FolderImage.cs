using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Images;

/// <summary>
/// All that a folder held when this was made, shared with it: made by the folder's writer, in microseconds to a few milliseconds, and written by any thread while the folder
/// goes on. Rows and items are frozen as for an epoch, windows' buckets are appended to and copied where they would be sorted, sessions are copied where they are touched.
/// </summary>
internal sealed class FolderImage
{
    private readonly CowArray<CatalogueItem?>.Frozen _items;
    private readonly RowStore.Frozen _rows;
    private readonly RowOrder _order;
    private readonly long _time;
    private readonly long[] _counts;
    private readonly (StateImage Write, bool IsHidden)[] _states;
    private readonly (int First, int Count)[] _filled;
    private readonly Action<StateWriter, PersonSealer?> _segments;
    private readonly (int Partition, Action<StateWriter, PersonSealer> Write)[] _sessions;
    private readonly int _words;
    private readonly ISubjectKeys? _keys;
    private readonly ReadOnlyMemory<byte> _secret;

    internal FolderImage(FolderState state)
    {
        Head = HeadOf(state);
        (_items, _) = state.Items.Freeze();
        _rows = state.Context.Rows.Freeze();
        _words = state.Context.Rows.Words;
        _order = state.Items.Order();
        _time = state.Time;
        _counts = state.Counts.All();
        _states = [.. state.States.Select(one => (one.Image(), one.TellsOfPersons))];
        _secret = state.Options.SnapshotSecret;
        _filled = FilledOf(state);
        _segments = state.Segments.Image();
        _sessions = [.. state.Sessions.Select(sessions => (sessions.Key, sessions.Value.Image()))];
        _keys = state.Keys;
    }

    internal SnapshotHead Head { get; }

    /// <summary>Writes it whole.</summary>
    /// <returns>The SHA-256.</returns>
    internal byte[] Write(Stream to) => SnapshotFile.Write(to, Head, (writer, place) =>
    {
        writer.Signed(_time);
        Array.ForEach(_counts, writer.Signed);
        WriteItems(writer);
        for (var state = 0; state < _states.Length; state++)
        {
            WriteState(state, writer, place);
        }

        using var sealer = _keys is null ? null : new PersonSealer(_keys, place);
        _segments(writer, sealer);
        writer.Flag(sealer is not null);
        if (sealer is not null)
        {
            writer.Count(_sessions.Length);
            foreach (var (partition, write) in _sessions)
            {
                writer.Count(partition);
                write(writer, sealer);
            }
        }
    });

    internal static SnapshotHead HeadOf(FolderState state) => new()
    {
        Kind = SnapshotKind.Items,
        Tenant = state.Options.Tenant,
        Definitions = state.Features.Fingerprint,
        Fold = FeatureSet.FoldVersion,
        RowLayout = FeatureSet.RowLayout,
        Habits = $"{state.Options.SessionIdle.Ticks} {state.Options.SegmentWindow.Ticks} {state.Options.LearnItemsFromEvents}",
        Epoch = state.Epoch,
        Time = new UnixMicros(Math.Max(0, state.Time)),
        Cut = state.Cut,
    };

    /// <summary>The cells of a row that are filled without being kept: the catalogue's, and of states the cells and words that they say so of.</summary>
    internal static (int First, int Count)[] FilledOf(FolderState state) =>
    [
        (0, 2 * ItemWords.Front),
        (2 * (state.Context.Rows.Words - ItemWords.Behind), 2 * ItemWords.Behind),
        .. state.States.Where(one => one.FillsCells && one.Cells > 0).Select(one => (one.Front, one.Cells)),
        .. state.States.Where(one => one.FillsWords && one.Words > 0).Select(one => (2 * one.Offset, 2 * one.Words)),
    ];

    private void WriteState(int state, StateWriter to, byte[] place)
    {
        var (write, isHidden) = _states[state];
        if (!isHidden)
        {
            write(to);
            return;
        }

        to.Flag(!_secret.IsEmpty);
        if (_secret.IsEmpty)
        {
            write(to);
        }
        else
        {
            Hidden.Write(_secret.Span, place, state, write, to);
        }
    }

    private void WriteItems(StateWriter to)
    {
        to.Count(_order.Rows);
        WriteRows(to, _order.Free);
        WriteRows(to, _order.Deleted);
        WriteRows(to, _order.Learnt);
        var texts = new SharedTexts();
        var words = new long[_words];
        for (var row = 0; row < _order.Rows; row++)
        {
            if (_items[row] is not { } item)
            {
                continue;
            }

            ItemRecord.Write(item, to, texts);
            _rows[row].CopyTo(words);
            foreach (var (first, count) in _filled)
            {
                words.AsSpan().Cells().Slice(first, count).Clear();
            }

            to.Sparse(words);
        }
    }

    private static void WriteRows(StateWriter to, int[] rows)
    {
        to.Count(rows.Length);
        Array.ForEach(rows, to.Count);
    }
}
