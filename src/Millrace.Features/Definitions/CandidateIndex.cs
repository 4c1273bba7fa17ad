using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// Which candidate stands in a row, of few candidates among many rows: bits that most rows are turned away by, before a small table. All of it stays in the first-level
/// cache, where an array by row would be a miss for each row that is asked for. Reused from decision to decision.
/// </summary>
internal sealed class CandidateIndex
{
    private const int PlacesEach = 4;
    private const int LogBitsInPlace = 5;
    private const int BitsInPlace = 1 << LogBitsInPlace;
    private const int LeastBits = 8;

    private Place[] _places = [];
    private ulong[] _bits = [];
    private int _shift;
    private int _mask;

    /// <summary>Takes the candidates of a decision; of two in one row the last.</summary>
    internal void Fill(ReadOnlySpan<int> rows)
    {
        var bits = Math.Max(LeastBits, int.Log2(Math.Max(1, PlacesEach * rows.Length)));
        var places = 1 << bits;
        if (_places.Length < places)
        {
            _places = new Place[places];
            _bits = new ulong[places * BitsInPlace / 64];
        }

        (_shift, _mask) = (32 - bits, places - 1);
        Array.Clear(_places, 0, places);
        Array.Clear(_bits, 0, places * BitsInPlace / 64);
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0)
            {
                var hash = HashOf(rows[i]);
                _bits[BitOf(hash) >> 6] |= 1UL << (int)BitOf(hash);
                _places[PlaceOf(hash, rows[i])] = new Place(rows[i], i);
            }
        }
    }

    /// <summary>The candidate in a row; −1 when none stands there.</summary>
    internal int Of(int row)
    {
        var hash = HashOf(row);
        return (_bits[BitOf(hash) >> 6] >> (int)BitOf(hash) & 1) == 0 ? -1 : _places[PlaceOf(hash, row)].Candidate;
    }

    /// <summary>Which of the entries may be of candidates, without a branch for each: <see cref="Of"/> tells.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="maybe">At least as long: their indexes.</param>
    internal ReadOnlySpan<int> Among(ReadOnlySpan<CountEntry> entries, Span<int> maybe)
    {
        maybe = maybe[..entries.Length];
        var bits = _bits;
        var shift = _shift - LogBitsInPlace;
        var count = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            var bit = HashOf(entries[i].Row) >> shift;
            maybe[count] = i;
            count += (int)(bits[bit >> 6] >> (int)bit) & 1;
        }

        return maybe[..count];
    }

    private static uint HashOf(int row) => (uint)row * 0x9E3779B1u;

    private uint BitOf(uint hash) => hash >> (_shift - LogBitsInPlace);

    private int PlaceOf(uint hash, int row)
    {
        var at = (int)(hash >> _shift);
        while (_places[at] is { IsTaken: true } place && place.Row != row)
        {
            at = (at + 1) & _mask;
        }

        return at;
    }

    private readonly struct Place(int row, int candidate)
    {
        private readonly int _next = candidate + 1;

        internal int Row { get; } = row;

        internal bool IsTaken => _next != 0;

        internal int Candidate => _next - 1;
    }
}
