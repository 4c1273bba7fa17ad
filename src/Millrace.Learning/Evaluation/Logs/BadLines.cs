namespace Millrace.Learning.Evaluation.Logs;

/// <summary>Lines of a log that are no choice: counted, the first named with its number.</summary>
internal sealed class BadLines
{
    private readonly SortedDictionary<string, (long Count, long First)> _byReason = new(StringComparer.Ordinal);

    /// <summary>By reason, how many and the number of the first.</summary>
    public IReadOnlyDictionary<string, (long Count, long First)> ByReason => _byReason;

    public long Count { get; private set; }

    public void Add(long line, string reason)
    {
        Count++;
        var (count, first) = _byReason.GetValueOrDefault(reason, (0, line));
        _byReason[reason] = (count + 1, first);
    }
}
