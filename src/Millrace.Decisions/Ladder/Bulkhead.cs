namespace Millrace.Decisions.Ladder;

/// <summary>
/// At most so many decisions of one surface or tenant under way at a time, so that one that takes long leaves the processors to the others. Nobody waits at it: who
/// finds it full is answered from the ladder's lists, for which neither the person nor any feature is read. The limit comes with each decision: a reload may change it,
/// and forgets nobody who is inside.
/// </summary>
internal sealed class Bulkhead
{
    private int _under;

    /// <summary>How many are inside.</summary>
    internal int Under => Volatile.Read(ref _under);

    /// <summary>Takes a place, if fewer than <paramref name="limit"/> are taken; whoever got one gives it back by <see cref="Leave"/>.</summary>
    internal bool TryEnter(int limit)
    {
        for (int under = Under; under < limit;)
        {
            int was = Interlocked.CompareExchange(ref _under, under + 1, under);
            if (was == under) return true;
            under = was;
        }

        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref _under);
}
