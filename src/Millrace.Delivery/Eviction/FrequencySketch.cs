using System.Numerics;
using System.Runtime.CompilerServices;

namespace Millrace.Delivery.Eviction;

/// <summary>
/// How often names were asked for of late, without the names: a count-min sketch of four rows of 4-bit counters that are halved after so many
/// requests (TinyLFU: Einziger, Friedman, Manes, 2017). An estimate is never too small before the first halving.
/// </summary>
/// <param name="requestsPerObject">Requests between halvings, for each object held.</param>
/// <param name="wordsPerObject">Words of 16 counters for each object held, a power of two; up to twice as many as the cache grows.</param>
internal sealed class FrequencySketch(int requestsPerObject, int wordsPerObject)
{
    /// <summary>No counter says more.</summary>
    public const int Max = 15;

    private const int MinObjects = 512;
    private const ulong HalfMask = 0x7777_7777_7777_7777;

    private ulong[] _table = new ulong[MinObjects * wordsPerObject];
    private int _objects;
    private long _requests;

    /// <summary>Makes room for so many objects. Doubling keeps all estimates: both halves inherit the counters of the whole.</summary>
    public void EnsureCapacity(int objects)
    {
        _objects = objects;
        while (_table.Length < (long)objects * wordsPerObject)
        {
            var doubled = new ulong[2 * _table.Length];
            _table.CopyTo(doubled, 0);
            _table.CopyTo(doubled, _table.Length);
            _table = doubled;
        }
    }

    /// <summary>The least of the counters of a name, 0 to <see cref="Max"/>.</summary>
    public int Estimate(ulong hash)
    {
        var least = Max;
        for (var row = 0; row < 4; row++)
        {
            var (index, shift) = Place(hash, row);
            least = Math.Min(least, (int)(_table[index] >> shift) & Max);
        }

        return least;
    }

    /// <summary>Counts a request. Only the least counters rise: the others already say more than is true (conservative update).</summary>
    public void Add(ulong hash)
    {
        var least = Estimate(hash);
        for (var row = 0; row < 4 && least < Max; row++)
        {
            var (index, shift) = Place(hash, row);
            if (((_table[index] >> shift) & Max) == (ulong)least)
            {
                _table[index] += 1UL << shift;
            }
        }

        if (++_requests >= (long)requestsPerObject * Math.Max(_objects, MinObjects))
        {
            Halve();
        }
    }

    /// <summary>Row <paramref name="row"/> has the four counters of each word that begin at 16 × row bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (int Index, int Shift) Place(ulong hash, int row)
    {
        var mixed = BitOperations.RotateLeft(hash, 16 * row) * 0x9E37_79B9_7F4A_7C15;
        mixed ^= mixed >> 32;
        return ((int)mixed & (_table.Length - 1), (16 * row) + (int)((mixed >> 56) & 12));
    }

    private void Halve()
    {
        for (var i = 0; i < _table.Length; i++)
        {
            _table[i] = (_table[i] >> 1) & HalfMask;
        }

        _requests /= 2;
    }
}
