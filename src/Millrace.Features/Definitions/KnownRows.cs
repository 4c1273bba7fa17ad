using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// Rows of items by hash, each looked up once for a decision: histories of one person hold much the same items. What falls on another's place is looked up again.
/// Reused from decision to decision.
/// </summary>
internal sealed class KnownRows
{
    private const int Bits = 10;

    private readonly Known[] _known = new Known[1 << Bits];
    private uint _turn;

    /// <summary>Forgets them: another decision begins.</summary>
    internal void Begin()
    {
        if (++_turn == 0)
        {
            Array.Clear(_known);
            _turn = 1;
        }
    }

    /// <summary>The row of each item, −1 where there is none.</summary>
    /// <param name="snapshot">The decision's.</param>
    /// <param name="hashes">At most <see cref="PersonItems.Most"/> items.</param>
    /// <param name="rows">Their rows.</param>
    internal void Find(FeatureSnapshot snapshot, ReadOnlySpan<ulong> hashes, Span<int> rows)
    {
        Span<ulong> asked = stackalloc ulong[PersonItems.Most];
        Span<int> found = stackalloc int[PersonItems.Most];
        Span<int> at = stackalloc int[PersonItems.Most];
        var count = 0;
        for (var i = 0; i < hashes.Length; i++)
        {
            ref readonly var known = ref _known[PlaceOf(hashes[i])];
            if (known.Turn == _turn && known.Hash == hashes[i])
            {
                rows[i] = known.Row;
            }
            else
            {
                (asked[count], at[count]) = (hashes[i], i);
                count++;
            }
        }

        snapshot.RowsOf(asked[..count], found);
        for (var i = 0; i < count; i++)
        {
            rows[at[i]] = found[i];
            _known[PlaceOf(asked[i])] = new Known { Hash = asked[i], Row = found[i], Turn = _turn };
        }
    }

    private static int PlaceOf(ulong hash) => (int)(hash >> (64 - Bits));

    private struct Known
    {
        internal ulong Hash;
        internal int Row;
        internal uint Turn;
    }
}
