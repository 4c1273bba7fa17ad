using System.Collections.Concurrent;
using System.Globalization;
using Millrace.Soak.Oracle;

namespace Millrace.Soak.Clients;

/// <summary>What the clients saw, in sums.</summary>
internal sealed class LoadTally
{
    private readonly ConcurrentDictionary<string, long> _ways = new();
    private readonly ConcurrentDictionary<int, long> _statuses = new();
    private readonly ConcurrentQueue<double> _firstBytes = new();
    private long _answers;
    private long _bytes;

    public long Answers => Interlocked.Read(ref _answers);

    public long Bytes => Interlocked.Read(ref _bytes);

    public long Broken => _statuses.GetValueOrDefault(0);

    public void Count(Answer answer)
    {
        Interlocked.Increment(ref _answers);
        Interlocked.Add(ref _bytes, answer.Bytes);
        _statuses.AddOrUpdate(answer.Status, 1, static (_, count) => count + 1);
        if (answer.Status == 0)
        {
            return;
        }

        _firstBytes.Enqueue(answer.HeadCame - answer.Sent);
        var way = CacheStatusField.Parse(answer["Cache-Status"]) switch
        {
            [] => "none",
            [.., { Hit: true }] => "edge",
            [.., { Collapsed: true }] => "collapsed",
            [.., { Hit: true }, _] => "shield",
            [.., { Collapsed: true }, _] => "shield collapsed",
            _ => "origin",
        };
        _ways.AddOrUpdate(way, 1, static (_, count) => count + 1);
    }

    public IEnumerable<string> Lines()
    {
        var times = _firstBytes.Order().ToArray();
        yield return $"answered by: {string.Join(", ", _ways.OrderByDescending(static way => way.Value).Select(way => string.Create(CultureInfo.InvariantCulture, $"{way.Key} {100.0 * way.Value / Math.Max(1, Answers):F1} %")))}";
        yield return $"statuses: {string.Join(", ", _statuses.OrderBy(static status => status.Key).Select(static status => $"{(status.Key == 0 ? "broken" : status.Key)} {status.Value}"))}";
        if (times.Length > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"to the head: p50 {times[times.Length / 2]:F1} ms, p99 {times[times.Length * 99 / 100]:F0} ms, most {times[^1]:F0} ms");
        }
    }
}
