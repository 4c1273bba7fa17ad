using System.Collections.Concurrent;

namespace Millrace.Soak.Oracle;

/// <summary>What was found, by kind: the first of each in full.</summary>
internal sealed class Violations
{
    private const int KeptOfEach = 5;

    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _kinds = new();
    private readonly ConcurrentDictionary<string, int> _counts = new();

    public bool Any => !_counts.IsEmpty;

    public void Add(string kind, string what)
    {
        if (_counts.AddOrUpdate(kind, 1, static (_, count) => count + 1) <= KeptOfEach)
        {
            _kinds.GetOrAdd(kind, static _ => new ConcurrentQueue<string>()).Enqueue(what);
        }
    }

    public IEnumerable<string> Lines()
    {
        foreach (var (kind, count) in _counts.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            yield return $"VIOLATION {kind}: {count}";
            foreach (var what in _kinds[kind])
            {
                yield return $"    {what}";
            }
        }
    }
}
