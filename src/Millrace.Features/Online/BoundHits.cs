using System.Numerics;

namespace Millrace.Features.Online;

/// <summary>When each bound was hit, by the fold's own time: at first, from when on what was left out may still lie within a window, and when last. One writer; any thread reads.</summary>
/// <param name="now">Where windows end, Unix µs.</param>
/// <param name="apart">Hits further apart than this, µs, have nothing to do with each other: what the earlier cut has left every window.</param>
internal sealed class BoundHits(Func<long> now, long apart)
{
    /// <summary>How many numbers say it all.</summary>
    internal const int Numbers = 3 * Bounds;

    private const int Bounds = 10;
    private const long Never = long.MinValue;

    private readonly long[] _begun = [.. Enumerable.Repeat(Never, Bounds)];
    private readonly long[] _first = [.. Enumerable.Repeat(Never, Bounds)];
    private readonly long[] _last = [.. Enumerable.Repeat(Never, Bounds)];

    internal void Note(FoldBounds bound)
    {
        var (at, time) = (BitOperations.Log2((uint)bound), now());
        if (_last[at] == Never)
        {
            Volatile.Write(ref _begun[at], time);
        }

        if (_last[at] == Never || time - _last[at] > apart)
        {
            Volatile.Write(ref _first[at], time);
        }

        Volatile.Write(ref _last[at], Math.Max(time, _last[at]));
    }

    /// <summary>When a bound was hit; null when it was not.</summary>
    internal Times? Of(FoldBounds bound)
    {
        var at = BitOperations.Log2((uint)bound);
        return Volatile.Read(ref _last[at]) is var last and not Never ? new Times(Volatile.Read(ref _begun[at]), Volatile.Read(ref _first[at]), last) : null;
    }

    internal IEnumerable<long> All() => [.. _begun, .. _first, .. _last];

    internal void Restore(ReadOnlySpan<long> all)
    {
        all[..Bounds].CopyTo(_begun);
        all[Bounds..(2 * Bounds)].CopyTo(_first);
        all[(2 * Bounds)..].CopyTo(_last);
    }

    /// <param name="Begun">The first time of all: from when on what no window ends is concerned.</param>
    /// <param name="First">The first time after which it was never quiet for so long that every window had ended.</param>
    /// <param name="Last">The last time.</param>
    internal readonly record struct Times(long Begun, long First, long Last);
}
