using CsCheck;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tests.Purge;

/// <summary>Random histories of origin requests, arrivals and purges, against a model that remembers everything and compares it by the letter.</summary>
public class PurgeHistoryTests
{
    private static readonly string[] Paths = ["/news/a", "/news/b", "/sport/a", "/a"];
    private static readonly string[] Tags = ["t0", "t1", "t2"];

    private enum Kind
    {
        Begin,
        Arrive,
        PurgeUrl,
        PurgeTag,
        PurgeRoute,
        PurgePrefix,
        Invalidate,
    }

    [Fact]
    public void What_is_held_is_what_no_purge_has_named_since_it_began()
    {
        var step = Gen.Select(Gen.Int[0, 6].Select(static i => (Kind)i), Gen.Int[0, 3], Gen.Int[0, 2], Gen.Bool);
        step.Array[1, 60].Sample(Run, iter: 1_000);
    }

    /// <summary>Invalidations aside, whose log forgets the oldest on purpose.</summary>
    [Fact]
    public void Log_that_is_full_forgets_what_is_named_and_never_that_it_was()
    {
        var step = Gen.Select(Gen.Int[0, 5].Select(static i => (Kind)i), Gen.Int[0, 3], Gen.Int[0, 2], Gen.Bool);
        step.Array[1, 60].Sample(steps => Run(steps, maxPurges: 2, mayRefuseMore: true), iter: 300);
    }

    private static void Run((Kind Kind, int Path, int Tag, bool Soft)[] steps) => Run(steps, 1_000, mayRefuseMore: false);

    private static void Run((Kind Kind, int Path, int Tag, bool Soft)[] steps, int maxPurges, bool mayRefuseMore)
    {
        PurgeLog log = new(maxPurges, TimeProvider.System);
        MemoryStore store = new(10_000_000, 4, log);
        Queue<(int Path, int Tag, Beginning Began, int At)> onTheirWay = new();
        List<(int At, int Path, int Tag, PurgeVerdict? Made, Func<int, int, bool> Names)> history = [];
        Dictionary<int, (int Began, int Arrived, int Tag)> held = [];
        for (var at = 0; at < steps.Length; at++)
        {
            var (kind, path, tag, soft) = steps[at];
            switch (kind)
            {
                case Kind.Begin:
                    onTheirWay.Enqueue((path, tag, log.Now, at));
                    break;
                case Kind.Arrive when onTheirWay.TryDequeue(out var came):
                    var kept = store.Put(Response(came.Path, came.Tag, came.Began));
                    var voided = history.Any(purge => purge.At > came.At && purge.Made == PurgeVerdict.Void && purge.Names(came.Path, came.Tag));
                    Assert.True(kept == !voided || (mayRefuseMore && !kept), $"step {at}: kept {kept}, voided {voided}");
                    if (kept)
                    {
                        held[came.Path] = (came.At, at, came.Tag);
                    }

                    break;
                case Kind.Arrive:
                    break;
                default:
                    Purge(log, store, kind, path, tag, soft);
                    history.Add((at, path, tag, soft && kind != Kind.Invalidate ? PurgeVerdict.Stale : PurgeVerdict.Void, Names(kind, path, tag)));
                    break;
            }

            Compare(store, history, held, at);
        }
    }

    private static void Compare(
        MemoryStore store, List<(int At, int Path, int Tag, PurgeVerdict? Made, Func<int, int, bool> Names)> history, Dictionary<int, (int Began, int Arrived, int Tag)> held, int now)
    {
        for (var path = 0; path < Paths.Length; path++)
        {
            var found = store.FindAny(KeyOf(path));
            if (!held.TryGetValue(path, out var copy) || history.Any(purge => purge.At > copy.Arrived && purge.Made == PurgeVerdict.Void && purge.Names(path, copy.Tag)))
            {
                Assert.True(found is null, $"step {now}: {Paths[path]} is held against a purge");
                held.Remove(path);
                continue;
            }

            Assert.True(found is not null, $"step {now}: {Paths[path]} has gone");
            var stale = history.Any(purge => purge.At > copy.Began && purge.Made == PurgeVerdict.Stale && purge.Names(path, copy.Tag));
            Assert.True(stale == found.Head.Freshness.Lifetime < TimeSpan.FromHours(1), $"step {now}: {Paths[path]} stale {stale}, lifetime {found.Head.Freshness.Lifetime}");
        }
    }

    private static void Purge(PurgeLog log, MemoryStore store, Kind kind, int path, int tag, bool soft)
    {
        if (kind == Kind.Invalidate)
        {
            log.Invalidate([PurgeNames.OfKey(KeyOf(path))]);
            store.Purge([PurgeScope.OfKeys([KeyOf(path)])], TimeProvider.System);
            return;
        }

        PurgeScope scope = kind switch
        {
            Kind.PurgeUrl => new([KeyOf(path)], [], [], soft),
            Kind.PurgeTag => new([], [Tags[tag]], [], soft),
            Kind.PurgeRoute => new([], [], [PurgePattern.OfRoute(RoutePattern.Parse("h/news/*", out _)!)], soft),
            _ => new([], [], [PurgePattern.OfPrefix(CacheKey.Of("http://h/s"))], soft),
        };
        log.Add(scope);
        store.Purge([scope], TimeProvider.System);
    }

    private static Func<int, int, bool> Names(Kind kind, int path, int tag) => kind switch
    {
        Kind.PurgeUrl or Kind.Invalidate => (p, _) => p == path,
        Kind.PurgeTag => (_, t) => t == tag,
        Kind.PurgeRoute => static (p, _) => Paths[p].StartsWith("/news/", StringComparison.Ordinal),
        _ => static (p, _) => Paths[p].StartsWith("/s", StringComparison.Ordinal),
    };

    private static CacheKey KeyOf(int path) => CacheKey.Of($"http://h{Paths[path]}");

    private static CachedObject Response(int path, int tag, Beginning began)
    {
        HeaderList headers = new();
        var head = new ResponseHead
        {
            Key = KeyOf(path), Route = "r", Vary = VaryKey.None, Status = 200, Headers = headers, Directives = default,
            Freshness = new FreshnessRules(TimeSpan.FromHours(1), TimeSpan.Zero, true), ReceivedTimestamp = TimeProvider.System.GetTimestamp(), Began = began, SurrogateKeys = [Tags[tag]],
        };
        return new CachedObject(head, ObjectBody.Of([new byte[10]]), new MemoryAccount(0));
    }
}
