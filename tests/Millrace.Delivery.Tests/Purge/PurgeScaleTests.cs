using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tests.Purge;

public class PurgeScaleTests
{
    [Fact]
    public void Patterns_of_a_batch_are_found_in_one_walk_of_few_keys() => Measure(2_000);

    /// <summary>What decision 0016 quotes: <c>-method '*million*' -explicit only</c>.</summary>
    [Fact(Explicit = true)]
    public void Patterns_of_a_batch_are_found_in_one_walk_of_a_million_keys() => Measure(1_000_000);

    private static void Measure(int objects)
    {
        PurgeLog log = new(1_000, TimeProvider.System);
        MemoryStore store = new(long.MaxValue / 4, 4, log);
        MemoryAccount account = new(0);
        HeaderList none = new(1);
        ReadOnlyMemory<byte> body = new byte[1];
        for (var i = 0; i < objects; i++)
        {
            var head = new ResponseHead
            {
                Key = CacheKey.Of($"http://news.example/section-{i % 1_000}/story-{i}"), Route = "r", Vary = VaryKey.None, Status = 200, Headers = none, Directives = default,
                Freshness = new FreshnessRules(TimeSpan.FromHours(1), TimeSpan.Zero, true), ReceivedTimestamp = 0, Began = log.Now, SurrogateKeys = [],
            };
            store.Put(new CachedObject(head, ObjectBody.Of([body]), account));
        }

        var one = Time(1);
        var many = Time(256);
        TestContext.Current.SendDiagnosticMessage($"{objects} objects: one prefix {one.TotalMilliseconds:F0} ms, 256 prefixes in one batch {many.TotalMilliseconds:F0} ms");
        Assert.Equal(objects - (objects / 1_000 * 257), store.Count);

        TimeSpan Time(int patterns)
        {
            var first = patterns == 1 ? 0 : 1;
            var purges = Enumerable.Range(first, patterns).Select(i => new PurgeScope([], [], [PurgePattern.OfPrefix(CacheKey.Of($"http://news.example/section-{i}/"))], false)).ToArray();
            foreach (var purge in purges)
            {
                log.Add(purge);
            }

            var started = TimeProvider.System.GetTimestamp();
            var touched = store.Purge(purges, TimeProvider.System);
            Assert.All(touched, count => Assert.Equal(objects / 1_000, count));
            return TimeProvider.System.GetElapsedTime(started);
        }
    }
}
