namespace Millrace.Decisions.Ladder;

/// <summary>
/// At most so many decisions of one surface or tenant under way at a time, so that one that takes long leaves the processors to the others. Nobody waits at it: who
/// finds it full is answered from the ladder's lists, which take microseconds.
/// </summary>
/// <param name="limit">How many; 0 has no limit.</param>
internal sealed class Bulkhead(int limit)
{
    private int _under;

    /// <summary>How many are under way.</summary>
    internal int Under => Volatile.Read(ref _under);

    /// <summary>Takes a place, if one is free; whoever got one gives it back by <see cref="Leave"/>.</summary>
    internal bool TryEnter()
    {
        if (limit == 0) return true;
        if (Interlocked.Increment(ref _under) <= limit) return true;
        Interlocked.Decrement(ref _under);
        return false;
    }

    internal void Leave()
    {
        if (limit > 0) Interlocked.Decrement(ref _under);
    }
}
