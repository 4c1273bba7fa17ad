using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Conformance.Journal;

/// <summary>One fact of every type with every field set, and an equality that looks into collections.</summary>
internal static class SampleFacts
{
    public static Observed Click(string id, string user) => new() { Id = id, Event = "click", Item = "i1", User = user, Session = "s1" };

    public static IEnumerable<Fact> OfEveryType() => [Item(), Deleted(), Event(), Slim(), Full(), Delivery(), Policy(), Epoch(), Purge(), Erased(), Consent(), Prior(), Here()];

    /// <summary>Records compare immutable collections by reference; their text in JSON compares by value.</summary>
    public static void AssertSame(Fact expected, Fact actual) => Assert.Equal(FactJson.Write(expected), FactJson.Write(actual));

    public static Decided Slim() => new()
    {
        Id = "0190e5a1-7c1b-7def-8000-0123456789ab",
        Time = new UnixMicros(1_790_000_000_123_456),
        Surface = "home",
        Policy = "home@12",
        Model = "m@3",
        Engine = 2,
        Epoch = 77,
        Seed = ulong.MaxValue - 5,
        Rung = 1,
        Mode = "apprentice",
        Degraded = ["late", "catalogue"],
        CandidateCount = 200,
        Slots =
        [
            new DecidedSlot("main", [new("160974", 1.5, 0.05, true, true, 6), new("i-ü", double.NaN, 0.05, false, true, 1), new("160974", -0.0, 1, false, false, 16)]),
            new DecidedSlot("side", []),
        ],
        User = "ada",
        Session = "0190e5a1-7c1b-7def-8000-0123456789ac",
        Segment = "de",
        UserAhead = [0, 3, long.MaxValue],
        Context = Context(),
    };

    public static Decided Full() => Slim() with
    {
        Id = "full",
        Inputs = new DecisionInputs
        {
            Request = """{"surface":"home"}""",
            Now = new UnixMicros(1_790_000_000_000_001),
            Candidates = ["160974", "0190e5a1-7c1b-7def-8000-0123456789ab", "x"],
            Sources = [1, 2, uint.MaxValue],
            Providers = ["a", "", "a"],
            Features = ["clicks_1h", "age", "same"],
            Matrix = [3, 0.1f, 7, 0, float.NaN, 7, 16_777_215, -2, 7],
            Pins = ["main:1:x"],
            Skipped = ["similar"],
        },
    };

    private static ItemChanged Item() => new()
    {
        Id = "c1",
        Tenant = "shop",
        Item = "i1",
        Kind = "article",
        Provider = "acme",
        BodyUrl = "/a",
        Published = new UnixMicros(-5),
        Expires = new UnixMicros(5),
        Attributes = ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal).Add("topic", ["x", "y"]).Add("empty", []),
        Embedding = [1, float.NaN, -0f],
    };

    private static ItemChanged Deleted() => new() { Id = "c2", Item = "i1", Deleted = true };

    private static Observed Event() => new()
    {
        Id = "e1",
        Time = new UnixMicros(3),
        Event = "dwell",
        Item = "42",
        Decision = "d1",
        Surface = "home",
        Rank = 0,
        ValueMicros = -1,
        Unit = "s",
        Attested = true,
        Withheld = true,
        User = "ada",
        Session = "s",
        Segment = "de",
        Context = Context(),
    };

    private static ImmutableSortedDictionary<string, string> Context() => FactContext.None.Add("device", "phone").Add("größe", "").Add("utcOffset", "-330");

    private static Delivered Delivery() => new()
    {
        Id = "x1",
        Route = "r",
        Decision = "d1",
        Item = "i",
        Rank = 3,
        ObjectHash = ulong.MaxValue,
        Outcome = "hit",
        Status = 200,
        TimeToFirstByte = TimeSpan.FromTicks(12345),
        BodyBytes = 1 << 30,
        Complete = true,
    };

    private static PolicyChanged Policy() => new() { Id = "p", Policy = "home", Version = 3, Definition = "{}" };

    private static EpochFrozen Epoch() => new()
    {
        Id = "ep",
        Epoch = 9,
        Until = new UnixMicros(10),
        Cut = [new(JournalStream.Items, 0, 5), new(JournalStream.Events, 1, long.MaxValue)],
        Definitions = "0123456789abcdef",
    };

    private static UserErased Erased() => new() { Id = "er", Digest = "00ff", Sessions = ["11", "22"] };

    private static ConsentChanged Consent() => new() { Id = "co", User = "ada", Personalise = false, Learn = true };

    private static PriorFitted Prior() => new() { Id = "pr", State = "ctr", Version = 2, AlphaMicros = 1_500_000, BetaMicros = -1 };

    private static PriorFitted Here() => new()
    {
        Id = "ph",
        State = "here",
        Version = 1,
        AlphaMicros = 1,
        BetaMicros = 2,
        ItemWorthMicros = 3,
        HereWorthMicros = 4,
        Cells = [new(0, 0, 0, 1), new(ulong.MaxValue, 4, uint.MaxValue, long.MaxValue)],
        LeftOut = 5,
    };

    private static Purged Purge() => new() { Id = "pu", Urls = ["http://a/b"], Keys = ["k"], Route = "r", Prefixes = ["http://a/c/"], Soft = true };
}
