using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Tests.House;

namespace Millrace.Tests.Journal;

/// <summary>
/// Data directories as released: every later release must read them to the same facts. One is made by
/// <c>dotnet run --project tests/Millrace.Tests -- -class Millrace.Tests.Journal.GoldenDataTests -explicit only</c> and then never changed; a new format adds one.
/// </summary>
public sealed partial class GoldenDataTests : IDisposable
{
    private const string Newest = "format-1-persons";
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly string _copy = Directory.CreateTempSubdirectory("millrace-golden-").FullName;

    public static TheoryData<string> Releases => new(Directory.GetDirectories(Golden).Select(d => Path.GetFileName(d)!));

    private static string Golden => Path.Combine(RepositoryRoot.Path, "tests", "Millrace.Tests", "Journal", "golden");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_copy, recursive: true);

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task A_released_data_directory_reads_to_the_same_facts(string release)
    {
        var from = Path.Combine(Golden, release);
        Copy(from, _copy);
        using var keys = new FileSubjectKeys(Path.Combine(_copy, "keys", "subjects"));
        await using var journal = await OpenAsync(_copy, keys);
        Assert.Equal(0, journal.TornBytes);
        Assert.Equal((await File.ReadAllLinesAsync(Path.Combine(from, "expected.ndjson"), Cancelled)).Select(AsRead), (await LinesAsync(journal)).Select(AsRead));
        Assert.Equal(2, await journal.CommittedAsync("folder", JournalStream.Control, 0, Cancelled));
        Assert.Equal(["decided-1", "seen-1"], (await FoundAsync(journal, JournalStream.Decisions)).Concat(await FoundAsync(journal, JournalStream.Events)));
    }

    [Fact(Explicit = true)]
    public async Task Make_the_data_directory_of_this_release()
    {
        var to = Path.Combine(Golden, Newest);
        Assert.False(Directory.Exists(to), $"{to} is there already; a released directory is never made again");
        using var keys = new FileSubjectKeys(Path.Combine(_copy, "keys", "subjects"));
        await using (var journal = await OpenAsync(_copy, keys))
        {
            foreach (var fact in Facts())
            {
                await journal.AppendAsync(fact, Cancelled);
                _clock.Advance(TimeSpan.FromMilliseconds(250));
            }

            await journal.CommitAsync("folder", new Position(JournalStream.Control, 0, 2), Cancelled);
            keys.Destroy("default", "forgotten");
        }

        await using var again = await OpenAsync(_copy, keys);
        var lines = await LinesAsync(again);
        Copy(_copy, to);
        await File.WriteAllTextAsync(Path.Combine(to, "expected.ndjson"), string.Concat(lines.Select(l => l + "\n")), Cancelled);
    }

    /// <summary>Every kind of fact; the policies are long enough that their segment is rolled and has an index.</summary>
    private static IEnumerable<Fact> Facts()
    {
        var time = new UnixMicros(1_793_500_000_000_000);
        foreach (var version in Enumerable.Range(1, 3))
        {
            yield return new PolicyChanged { Id = $"policy-{version}", Time = time, Policy = "home", Version = version, Definition = $$"""{"note":"{{new string('x', 1500)}}"}""" };
        }

        yield return new EpochFrozen { Id = "epoch-7", Time = time, Epoch = 7, Until = time, Cut = [new Position(JournalStream.Events, 0, 2)], Definitions = "0123456789abcdef" };
        yield return new Purged { Id = "purge-1", Time = time, Urls = ["/a", "/b"] };
        yield return new Purged { Id = "purge-2", Time = time, Route = "pages" };
        yield return new UserErased { Id = "erased-1", Time = time, Digest = "00112233445566778899aabbccddeeff", Sessions = ["ffeeddccbbaa99887766554433221100"] };
        yield return new PriorFitted { Id = "prior-1", Time = time, State = "ctr", Version = 1, AlphaMicros = 1_500_000, BetaMicros = 48_500_000 };
        yield return new ItemChanged
        {
            Id = "put-1",
            Time = time,
            Item = "article-1",
            Kind = "article",
            Provider = "desk",
            BodyUrl = "/pages/1",
            Published = time,
            Expires = new UnixMicros(time.Value + 1_000_000),
            Attributes = new ItemChanged { Id = "", Item = "" }.Attributes.Add("topic", ["sport", "ski"]),
            Embedding = [0.5f, -1, float.Epsilon],
        };
        yield return new ItemChanged { Id = "delete-2", Time = time, Item = "0190e5a1-7c1b-7def-8001-000000000002", Deleted = true };
        yield return new Decided
        {
            Id = "decided-1",
            Time = time,
            Surface = "home",
            Policy = "home@3",
            Model = "clicks@1",
            Engine = 1,
            Epoch = 7,
            Seed = 0xFEDC_BA98_7654_3210,
            Rung = 1,
            Degraded = ["features"],
            CandidateCount = 2,
            UserAhead = [0, 2],
            Slots = [new DecidedSlot("main", [new DecidedItem("article-1", 0.1, 0.9975, false, true, 5), new DecidedItem("article-2", double.NaN, 1, true, false, 0)])],
            User = "0190e5a1-7c1b-7def-8001-00000000000a",
            Session = "session-1",
            Segment = "de/mobile",
            Context = FactContext.None.Add("device", "phone").Add("utcOffset", "60"),
            Inputs = new DecisionInputs
            {
                Request = """{"surface":"home"}""",
                Now = time,
                Candidates = ["article-1", "article-2"],
                Sources = [5, 0],
                Providers = ["desk", ""],
                Features = ["clicks_1h", "age"],
                Matrix = [3, 0.25f, float.NaN, 1],
                Pins = ["main:1:article-1"],
                Skipped = ["rerank"],
            },
        };
        yield return new Observed
        {
            Id = "seen-1",
            Time = time,
            Event = "click",
            Item = "article-1",
            Decision = "decided-1",
            Surface = "home",
            Rank = 1,
            ValueMicros = -1_500_000,
            Unit = "s",
            Attested = true,
            User = "0190e5a1-7c1b-7def-8001-00000000000a",
            Session = "session-1",
            Segment = "de/mobile",
            Context = FactContext.None.Add("device", "phone").Add("utcOffset", "60"),
        };
        yield return new ConsentChanged { Id = "consent-1", Time = time, User = "0190e5a1-7c1b-7def-8001-00000000000a", Personalise = false };
        yield return new ConsentChanged { Id = "consent-2", Time = time, User = "forgotten", Learn = false };
        yield return new Observed { Id = "seen-2", Tenant = "other", Time = time, Event = "impression", Item = "größe", User = "ada" };
        yield return new Observed { Id = "seen-3", Time = time, Event = "hide", Item = "article-2", User = "forgotten", Session = "session-2" };
        yield return new Observed { Id = "seen-4", Event = "impression", Item = "article-2", Withheld = true };
        yield return new Delivered
        {
            Id = "sent-1",
            Time = time,
            Route = "pages",
            Decision = "decided-1",
            Item = "article-1",
            Rank = 1,
            ObjectHash = ulong.MaxValue,
            Outcome = "hit",
            Status = 200,
            TimeToFirstByte = TimeSpan.FromMicroseconds(1234.5),
            BodyBytes = 34_567,
            Complete = true,
        };
    }

    /// <summary>Where a fact of its type would go now is no part of what was read: "at" says where it stands.</summary>
    private static string AsRead(string line) => Routing().Replace(line, "");

    [GeneratedRegex("\"stream\":\"[A-Za-z]*\",\"partitionKey\":\"[^\"]*\",?")]
    private static partial Regex Routing();

    private static async Task<List<string>> LinesAsync(LocalJournal journal)
    {
        var lines = new List<string>();
        foreach (var stream in Enum.GetValues<JournalStream>())
        {
            for (var p = 0; p < journal.Partitions(stream); p++)
            {
                lines.AddRange((await journal.ReadAsync(stream, p, 0, 1000, Cancelled)).Select(f => $"{{\"at\":\"{f.Position}\",\"type\":\"{f.Fact.Type}\",\"fact\":{FactJson.Write(f.Fact)}}}"));
            }
        }

        return lines;
    }

    private static async Task<IEnumerable<string>> FoundAsync(LocalJournal journal, JournalStream stream) =>
        (await journal.FindAsync(stream, "decided-1", "default", 10, Cancelled)).Select(f => f.Fact.Id);

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is not "lock"))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private ValueTask<LocalJournal> OpenAsync(string directory, ISubjectKeys keys) => LocalJournal.OpenAsync(
        new JournalOptions { Directory = Path.Combine(directory, "journal"), SegmentBytes = 1 << 12 }, _clock, keys);
}
