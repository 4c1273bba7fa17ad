using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Images;

/// <summary>Reads what <see cref="FolderImage"/> wrote into a state of its own, which nobody sees before all of it is believed.</summary>
internal static class FolderLoader
{
    /// <summary>Of the body unpacked, unless a caller says otherwise: two million items of many features take a few.</summary>
    internal const long MostBytes = 64L << 30;

    /// <param name="from">The file.</param>
    /// <param name="features">The definitions for which it must have been written.</param>
    /// <param name="options">Bounds and habits; the tenant for which it must have been written.</param>
    /// <param name="keys">The keys that open what is said of sessions; those of other nodes open nothing, which is left out then.</param>
    /// <param name="mostBytes">The most bytes of the body, unpacked.</param>
    /// <exception cref="FeatureSnapshotException">It is refused.</exception>
    internal static FolderState Load(Stream from, FeatureSet features, FeatureOptions options, ISubjectKeys? keys, long mostBytes = MostBytes) =>
        SnapshotFile.Read(from, mostBytes, (head, place, reader) =>
        {
            var state = new FolderState(features, options, keys);
            Check(head, FolderImage.HeadOf(state));
            state.Epoch = head.Epoch;
            foreach (var next in head.Cut.Next)
            {
                state.Next.Of(next.Stream, next.Partition) = next.Offset;
            }

            var time = reader.Signed();
            Span<long> counts = stackalloc long[FoldCounts.Numbers];
            foreach (ref var count in counts)
            {
                count = reader.Signed();
            }

            state.Counts.Restore(counts);
            LoadItems(state, reader);
            state.BeginAt(time);

            // A tenth of the whole time, and what follows changes no item.
            var sorting = Task.Run(() => state.Recent.Restore(state.Items.Count, state.Items.Read, time));
            try
            {
                LoadStates(state, place, reader);
            }
            finally
            {
                sorting.GetAwaiter().GetResult();
            }

            return state;
        });

    private static void LoadStates(FolderState state, byte[] place, StateReader from)
    {
        for (var i = 0; i < state.States.Length; i++)
        {
            LoadState(state.Options.SnapshotSecret.Span, i, state.States[i], place, from);
        }

        using var sealer = state.Keys is null ? null : new PersonSealer(state.Keys, place);
        state.Segments.Load(from, sealer);
        if (from.Flag())
        {
            LoadSessions(state, from, sealer ?? throw new FeatureSnapshotException(FeatureSnapshotFault.Foreign, "it holds sealed parts, and there are no keys here"));
        }
    }

    private static void LoadState(ReadOnlySpan<byte> secret, int index, ItemState state, byte[] place, StateReader from)
    {
        if (!state.TellsOfPersons)
        {
            state.Load(from);
            return;
        }

        // Whoever has no secret to write hidden parts with could write them in the open.
        if (from.Flag() == secret.IsEmpty)
        {
            throw new FeatureSnapshotException(
                FeatureSnapshotFault.Foreign, secret.IsEmpty ? "it holds hidden parts, and there is no secret here" : "it holds in the open what is hidden here");
        }

        if (secret.IsEmpty)
        {
            state.Load(from);
        }
        else
        {
            Hidden.Read(secret, place, index, from, state.Load);
        }
    }

    private static void Check(SnapshotHead head, SnapshotHead expected)
    {
        if (head.Kind != expected.Kind)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Foreign, $"expected a snapshot of {expected.Kind}; got one of {head.Kind}");
        }

        if (head.Tenant != expected.Tenant)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Tenant, $"expected tenant {expected.Tenant}; got {head.Tenant}");
        }

        if (head.Definitions != expected.Definitions || head.Habits != expected.Habits || head.RowLayout != expected.RowLayout)
        {
            throw new FeatureSnapshotException(
                FeatureSnapshotFault.Definitions, $"expected definitions {expected.Definitions} {expected.Habits}, rows {expected.RowLayout}; got {head.Definitions} {head.Habits}, rows {head.RowLayout}");
        }
    }

    private static void LoadItems(FolderState state, StateReader from)
    {
        var most = (int)Math.Min(int.MaxValue, (long)state.Options.MaxItems + state.Options.MaxLearntItems);
        var rows = from.Count(int.MaxValue);
        if (rows > most)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Oversized, $"{rows} items; this node takes {most}");
        }

        var order = new RowOrder(rows, ReadRows(from, rows), ReadRows(from, rows), ReadRows(from, rows));
        var texts = new SharedTexts();
        var sets = new AttributeSets(texts);
        var filled = FolderImage.FilledOf(state);
        IRestoredRows[] restored = [.. state.States.OfType<IRestoredRows>()];
        state.Context.LoadedRows = rows;
        state.Items.Restore(order, row =>
        {
            var item = ItemRecord.Read(from, texts, sets);
            var words = state.Context.Rows.Edit(row);
            from.Sparse(words);
            foreach (var (first, count) in filled)
            {
                if (words.Cells().Slice(first, count).ContainsAnyExcept(0u))
                {
                    throw from.Bad("no words that are filled otherwise", "some");
                }
            }

            ItemWords.Write(item, words);
            foreach (var one in restored)
            {
                if (!one.Restore(words))
                {
                    throw from.Bad("a row as folding leaves it", $"another, of {one.GetType().Name}");
                }
            }

            return item;
        });
    }

    private static void LoadSessions(FolderState state, StateReader from, PersonSealer sealer)
    {
        for (var left = from.Count(ushort.MaxValue); left > 0; left--)
        {
            var partition = from.Count(ushort.MaxValue);
            if (state.Sessions.ContainsKey(partition))
            {
                throw new FeatureSnapshotException(FeatureSnapshotFault.Duplicate, $"partition {partition} twice");
            }

            state.SessionsOf(partition).Load(from, sealer);
        }
    }

    private static int[] ReadRows(StateReader from, int rows)
    {
        // Grown as it is read: a count that lies costs nothing.
        var read = new List<int>();
        for (var left = from.Count(rows); left > 0; left--)
        {
            read.Add(from.Count(rows - 1));
        }

        return read.Distinct().Count() == read.Count ? [.. read] : throw from.Bad("each row once", "one twice");
    }
}
