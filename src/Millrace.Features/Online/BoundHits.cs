using System.Numerics;

namespace Millrace.Features.Online;

/// <summary>When each bound was hit, by the fold's own time: from when on, and when last. One writer; any thread reads.</summary>
/// <param name="now">Where windows end, Unix µs.</param>
/// <param name="apart">Hits further apart than this, µs, have nothing to do with each other: what the earlier cut has left every window.</param>
internal sealed class BoundHits(Func<long> now, long apart)
{
    /// <summary>How many numbers say it all.</summary>
    internal const int Numbers = 2 * Bounds;

    private const int Bounds = 10;
    private const long Never = long.MinValue;

    private readonly long[] _first = [.. Enumerable.Repeat(Never, Bounds)];
    private readonly long[] _last = [.. Enumerable.Repeat(Never, Bounds)];

    internal void Note(FoldBounds bound)
    {
        var (at, time) = (BitOperations.Log2((uint)bound), now());
        if (_last[at] == Never || time - _last[at] > apart)
        {
            Volatile.Write(ref _first[at], time);
        }

        Volatile.Write(ref _last[at], Math.Max(time, _last[at]));
    }

    /// <summary>From when on a bound was hit, and when last; null when it was not.</summary>
    internal (long First, long Last)? Of(FoldBounds bound) =>
        Volatile.Read(ref _last[BitOperations.Log2((uint)bound)]) is var last and not Never ? (Volatile.Read(ref _first[BitOperations.Log2((uint)bound)]), last) : null;

    internal IEnumerable<long> All() => [.. _first, .. _last];

    internal void Restore(ReadOnlySpan<long> all)
    {
        all[..Bounds].CopyTo(_first);
        all[Bounds..].CopyTo(_last);
    }
}
