using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>
/// Scores that add up by row, and the best of them: few rows among many, in a table that is emptied by going on to the next turn. Sums are made in the order of
/// <see cref="Add"/>, so that equal inputs give equal bits. Reused from decision to decision.
/// </summary>
internal sealed class ScoredRows
{
    private const int LeastPlaces = 1024;

    private Place[] _places = new Place[LeastPlaces];
    private ScoredRow[] _rows = new ScoredRow[LeastPlaces / 2];
    private ScoredRow[] _sorted = [];
    private ulong[] _keys = [];
    private int[] _order = [];
    private uint _turn = 1;
    private int _count;
    private int _given;
    private double _least = double.NegativeInfinity;

    internal int Count => _count;

    /// <summary>All rows, in no order that means anything.</summary>
    internal ReadOnlySpan<ScoredRow> All => _rows.AsSpan(0, _count);

    internal void Clear()
    {
        (_count, _given, _least) = (0, 0, double.NegativeInfinity);
        if (++_turn == 0)
        {
            Array.Clear(_places);
            _turn = 1;
        }
    }

    /// <summary>Adds to the score of a row, and to the sources that named it.</summary>
    /// <returns>The row's number: rows are numbered as they come.</returns>
    internal int Add(int row, double score, uint sources = 0)
    {
        ref Place place = ref PlaceOf(row);
        if (place.Turn == _turn)
        {
            ref ScoredRow known = ref _rows[place.Index];
            (known.Score, known.Sources) = (known.Score + score, known.Sources | sources);
            return place.Index;
        }

        if (_count == _rows.Length)
        {
            Grow();
            place = ref PlaceOf(row);
        }

        place = new Place { Row = row, Index = _count, Turn = _turn };
        _rows[_count++] = new ScoredRow { Row = row, Score = score, Sources = sources };
        return place.Index;
    }

    /// <summary>The number that <see cref="Add"/> gave to a row which it was told of, until <see cref="Clear"/>.</summary>
    internal int NumberOf(int row) => PlaceOf(row).Index;

    /// <summary>Whether <see cref="Offer"/> would not drop it at once.</summary>
    internal bool Takes(double score) => !(score < _least);

    /// <summary>
    /// Takes the score of a row that has none yet, if it may be among the best <paramref name="most"/>, which are the same for a whole turn: of however many rows, not many more
    /// than twice as many are kept. Not to be mixed with <see cref="Add"/>.
    /// </summary>
    internal void Offer(int row, double score, int most, FeatureSnapshot snapshot)
    {
        if (!Takes(score)) return;
        if (_count == _rows.Length && _count < 2 * most)
        {
            Grow();
        }
        else if (_count == _rows.Length)
        {
            _count = Select(most, snapshot);
            _least = _rows[_count - 1].Score;
        }

        _rows[_count++] = new ScoredRow { Row = row, Score = score };
    }

    /// <summary>The best rows, best first: by score, then by id. What was added is gone afterwards.</summary>
    /// <param name="most">At most so many.</param>
    /// <param name="snapshot">Whose rows they are.</param>
    internal ReadOnlySpan<ScoredRow> Best(int most, FeatureSnapshot snapshot)
    {
        ReadOnlySpan<ScoredRow> best = Next(most, snapshot);
        Clear();
        return best;
    }

    /// <summary>Likewise the best of those that it has not given yet; nothing is to be added before <see cref="Clear"/>.</summary>
    internal ReadOnlySpan<ScoredRow> Next(int most, FeatureSnapshot snapshot)
    {
        int taken = Select(most, snapshot);
        _given += taken;
        return _rows.AsSpan(_given - taken, taken);
    }

    /// <summary>Brings the best of those not given to their front, best first, before the rest; returns how many they are.</summary>
    private int Select(int most, FeatureSnapshot snapshot)
    {
        int rest = _count - _given;
        if (_keys.Length < rest) (_keys, _order) = (new ulong[_rows.Length], new int[_rows.Length]);
        if (_sorted.Length < _rows.Length) _sorted = new ScoredRow[_rows.Length];
        Span<ulong> keys = _keys.AsSpan(0, rest);
        Span<int> order = _order.AsSpan(0, rest);
        for (int i = 0; i < rest; i++) (keys[i], order[i]) = (SmallestKeys.Descending(_rows[_given + i].Score), _given + i);
        int within = SmallestKeys.Select(keys, order, most);
        OrdinalOrder.SortRuns(keys[..within], order[..within], new RowIds(_rows, snapshot));
        int taken = Math.Min(most, within);
        for (int i = 0; i < rest; i++) _sorted[_given + i] = _rows[order[i]];
        (_rows, _sorted) = (_sorted, _rows);
        return taken;
    }

    private ref Place PlaceOf(int row)
    {
        int mask = _places.Length - 1;
        int at = (int)((uint)row * 0x9E3779B1u >> 7) & mask;
        while (_places[at].Turn == _turn && _places[at].Row != row) at = (at + 1) & mask;
        return ref _places[at];
    }

    private void Grow()
    {
        _places = new Place[_places.Length * 2];
        Array.Resize(ref _rows, _rows.Length * 2);
        for (int i = 0; i < _count; i++) PlaceOf(_rows[i].Row) = new Place { Row = _rows[i].Row, Index = i, Turn = _turn };
    }

    private readonly struct RowIds(ScoredRow[] rows, FeatureSnapshot snapshot) : IIds
    {
        public string this[int item] => snapshot.Item(rows[item].Row).Id;
    }

    private struct Place
    {
        internal int Row;
        internal int Index;
        internal uint Turn;
    }
}

/// <summary>A row, its score, and the bits of who named it.</summary>
internal struct ScoredRow
{
    internal int Row;
    internal uint Sources;
    internal double Score;
}
