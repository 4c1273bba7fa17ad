using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>
/// Runs ahead of the fold through a batch of facts, and begins to load what folding each will look at: every load depends on the last, from the fact over its item's id and
/// the index to the row, so that each stage is some facts further ahead than the next. Changes nothing but the cache. Single writer.
/// </summary>
internal sealed class FoldAhead
{
    private const int Stages = 6;

    // So many facts between two stages: folding them takes longer than a load from memory.
    private const int Apart = 2;

    // More than the first stage is ahead, and a power of two.
    private readonly Foreseen[] _ring = new Foreseen[16];

    /// <summary>Takes each stage a fact further: called for each place of a batch in turn, before its fact is folded. Throws nothing.</summary>
    internal void Move(ReadOnlySpan<StoredFact> facts, int at, FolderState state)
    {
        try
        {
            for (var stage = 0; stage < Stages; stage++)
            {
                for (var next = at == 0 ? 0 : at + Distance(stage); next <= at + Distance(stage); next++)
                {
                    if (next < facts.Length)
                    {
                        Take(stage, facts[next].Fact, ref _ring[next & (_ring.Length - 1)], state);
                    }
                }
            }
        }
        catch (Exception)
        {
            // It would be charged to the fact whose turn it is; the one at fault fails in its own.
            Clear();
        }
    }

    /// <summary>The hash of the item of the fact at a place of the batch.</summary>
    internal ulong HashOf(Observed fact, int at)
    {
        ref readonly var foreseen = ref _ring[at & (_ring.Length - 1)];
        return ReferenceEquals(foreseen.Fact, fact) && foreseen.Item != 0 ? foreseen.Item : ItemHash.Of(fact.Item);
    }

    /// <summary>Lets go of the facts.</summary>
    internal void Clear() => Array.Clear(_ring);

    private static int Distance(int stage) => Apart * (Stages - stage);

    private static void Take(int stage, Fact? fact, ref Foreseen foreseen, FolderState state)
    {
        if (stage == 0)
        {
            Cache.Prefetch(fact, lines: 4);
            return;
        }

        if (stage == 1)
        {
            foreseen = new Foreseen { Fact = fact as Observed, Row = -1 };
            Cache.Prefetch(foreseen.Fact?.Item);
            Cache.Prefetch(foreseen.Fact?.Session);
            Cache.Prefetch(foreseen.Fact?.User);
            Cache.Prefetch(foreseen.Fact?.Context);
            return;
        }

        if (foreseen.Fact is not { } observed)
        {
            return;
        }

        switch (stage)
        {
            case 2:
                foreseen.Item = ItemHash.Of(observed.Item);
                state.Items.PrefetchPlace(foreseen.Item);
                break;
            case 3:
                foreseen.Row = state.Items.Find(foreseen.Item);
                state.Items.PrefetchRow(foreseen.Row);
                state.Context.Rows.PrefetchPlace(foreseen.Row);
                break;
            case 4 when foreseen.Row >= 0:
                Cache.Prefetch(state.Items.Read(foreseen.Row), lines: 2);
                state.Context.Rows.Prefetch(foreseen.Row);
                break;
            case 5 when foreseen.Row >= 0:
                Cache.Prefetch(state.Items.Read(foreseen.Row)?.Id);
                break;
        }
    }

    private struct Foreseen
    {
        internal Observed? Fact;

        /// <summary>Its item's hash; 0 until that stage.</summary>
        internal ulong Item;

        /// <summary>Its item's row; −1 until that stage, or when there is none yet.</summary>
        internal int Row;
    }
}
