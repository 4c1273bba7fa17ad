using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Cli;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Cli;

public sealed class FeatureAtCommandTests : IAsyncLifetime
{
    private const string Features = """
        features:
          - {name: clicks_1h, entity: item, count: click, window: 1h}
          - {name: dwell_mean, entity: item, mean: dwell, unit: s, window: 1d, default: 0}
          - {name: price, entity: item, value: "attribute:price"}
          - {name: weight, entity: item, value: "attribute:weight"}
          - {name: my_clicks, entity: user, count: click, window: 7d}
          - {name: my_items, entity: user, distinct: click, window: 7d}
          - {name: run_length, entity: session, run: items}
          - {name: seen_before, entity: user-item, past: click, window: 7d, as: count}
          - {name: clicks_here, entity: item-context, count: click, by: surface, window: 1d}
          - {name: my_dwell, entity: user, sum: dwell, unit: s, window: 7d}
          - {name: hour, entity: context, time: hour}
        """;

    private static readonly UnixMicros Eight = UnixMicros.From(new DateTimeOffset(2026, 11, 30, 8, 0, 0, TimeSpan.Zero));

    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private int _ids;

    private string Data => Path.Combine(_folder, "data");

    private string Config => Path.Combine(_folder, "millrace.yaml");

    private string Output => _output.ToString();

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Config, Features);
        var features = History.Features(new ConfigSource(Config, new Dictionary<string, string>(), []).Load());
        Directory.CreateDirectory(Path.Combine(Data, "keys"));
        using var keys = new FileSubjectKeys(Path.Combine(Data, JournalCommands.KeyFile));
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(Data, JournalCommands.JournalDirectory) }, TimeProvider.System, keys);
        var items = await journal.AppendAsync([Item("story-1", "12.5"), Item("story-2", null)], default);
        ImmutableArray<Fact> events =
        [
            Click("story-1", "u1", "s1", -50), Click("story-1", "u1", "s1", -30), Click("story-2", "u1", "s1", -20), Click("story-1", "u2", "s2", -10),
            Click("story-1", "u2", "s2", -5, received: 3), // Happened before eight, came after.
            Click("story-1", "u1", "s1", 2), Click("story-1", "u2", "s2", 4),
            Dwell(4_000_000, "s"), Dwell(4_000, "ms"), Dwell(1, null),
        ];
        var positions = await journal.AppendAsync(events, default);
        await journal.AppendAsync(
            [
                Epoch(1, "0123456789abcdef", 0, [.. items, .. positions.Take(4)]),
                Decision("other", 1),
                Decision("elsewhere", 1) with { Inputs = Inputs([2, 1, 7, 0]) },
                Epoch(2, new FeatureOptions().Fingerprint(features), 5, [.. items, .. positions]),
                Decision("slim", 2),
                Decision("full", 2) with { Inputs = Inputs([2, 1, 7, 0]) },
                Decision("lost", 9),
                Epoch(3, new FeatureOptions().Fingerprint(features), 6, [.. items, .. positions.Select(position => position with { Offset = position.Offset + 10 })]),
                Decision("short", 3),
            ],
            default);
    }

    public ValueTask DisposeAsync()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_item_shows_values_and_what_they_were_read_from_as_known_at_the_time()
    {
        var before = Files();
        Assert.Equal(ExitCode.Ok, await RunAsync("item", "story-1", "--time", "2026-11-30T08:00:00Z"));
        Assert.Matches(@"(?m)^clicks_1h\s+3$", Output);
        Assert.Contains("count {event: click, window: 1h", Output, StringComparison.Ordinal);
        Assert.Contains("from windowedSums {event: click, window: 1h}, 3 events within reach: 3\n", Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^dwell_mean\s+0  \(default: the value is missing\)$", Output);
        Assert.Matches(@"(?m)^price\s+12.5$", Output);
        Assert.Matches(@"(?m)^weight\s+missing$", Output);
        Assert.DoesNotContain("my_clicks", Output, StringComparison.Ordinal);
        Assert.DoesNotContain("seen_before", Output, StringComparison.Ordinal);
        Assert.Contains("note: epoch 1, of 2026-11-30T08:00:00.000000Z, had definitions 0123456789abcdef", Output, StringComparison.Ordinal);
        Assert.Equal(before, Files());
    }

    [Theory]
    [InlineData("3", "--time", "2026-11-30T08:00:00Z")]
    [InlineData("4", "--time", "2026-11-30T08:00:00Z", "--known", "2026-11-30T09:00:00Z")] // Not what happened after eight.
    [InlineData("2", "--time", "2026-11-30T08:00:00Z", "--known", "2026-11-30T07:45:00Z")]
    [InlineData("6", "--time", "2026-11-30T08:08:00Z")]
    public async Task Both_clocks_hold(string clicks, params string[] times)
    {
        Assert.Equal(ExitCode.Ok, await RunAsync(["item", "story-1", .. times]));
        Assert.Matches($@"(?m)^clicks_1h\s+{clicks}$", Output);
    }

    [Fact]
    public async Task Pairs_and_context_are_shown_when_they_are_named()
    {
        await RunAsync("item", "story-1", "--time", "2026-11-30T08:00:00Z", "--user", "u1", "--surface", "home");
        Assert.Matches(@"(?m)^seen_before\s+2$", Output);
        Assert.Matches(@"(?m)^clicks_here\s+3$", Output);
        Assert.Contains("story-2@2026-11-30T07:40:00.000000Z story-1@2026-11-30T07:30:00.000000Z", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Users_and_sessions_show_their_sections()
    {
        await RunAsync("user", "u1", "--time", "2026-11-30T08:00:00Z");
        Assert.Matches(@"(?m)^my_clicks\s+3$", Output);
        Assert.Matches(@"(?m)^my_items\s+2$", Output);
        Assert.Matches("from personBuckets {event: click, window: 7d} of user, 3 events within reach: ", Output);
        Assert.DoesNotContain("clicks_1h", Output, StringComparison.Ordinal);
        await RunAsync("session", "s1", "--time", "2026-11-30T08:00:00Z");
        Assert.Matches(@"(?m)^run_length\s+2$", Output);
    }

    [Fact]
    public async Task Events_of_another_unit_are_not_counted_as_within_reach()
    {
        await RunAsync("item", "story-2", "--time", "2026-11-30T08:10:00Z");
        Assert.Matches(@"(?m)^dwell_mean\s+4$", Output);
        Assert.Contains("from windowedSums {event: dwell, window: 1d, unit: s}, 1 event within reach: 1 4000000\n", Output, StringComparison.Ordinal);
        await RunAsync("user", "u3", "--time", "2026-11-30T08:10:00Z");
        Assert.Contains("from personBuckets {event: dwell, window: 7d, unit: s} of user, 1 event within reach: ", Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8", "device=phone")]
    [InlineData("9", "timezone=Europe/Berlin")]
    [InlineData("17", "timezone=Asia/Tokyo")]
    [InlineData("7", "utcOffset=-60")]
    public async Task A_time_zone_is_resolved_as_a_request_has_it_resolved(string hour, string context)
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("item", "story-1", "--time", "2026-11-30T08:00:00Z", "--context", context));
        Assert.Matches($@"(?m)^hour\s+{hour}$", Output);
    }

    [Fact]
    public async Task Json_has_the_same()
    {
        await RunAsync("item", "story-1", "--time", "2026-11-30T08:00:00Z", "--json");
        using var answer = JsonDocument.Parse(Output);
        var features = answer.RootElement.GetProperty("features").EnumerateArray().ToDictionary(feature => feature.GetProperty("name").GetString()!, StringComparer.Ordinal);
        Assert.Equal(3, features["clicks_1h"].GetProperty("value").GetDouble());
        Assert.Equal(3, features["clicks_1h"].GetProperty("states")[0].GetProperty("events").GetInt32());
        Assert.Equal(JsonValueKind.Null, features["weight"].GetProperty("value").ValueKind);
        Assert.True(features["dwell_mean"].GetProperty("default").GetBoolean());
        Assert.Equal("count", features["clicks_1h"].GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_slim_decision_is_built_alone()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("decision", "slim"));
        Assert.Contains("slim record: built alone", Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^item story-1, main 1\n(  .*\n)*?  clicks_1h\s+6$", Output);
        Assert.Matches(@"(?m)^item story-2, main 2\n(  .*\n)*?  clicks_1h\s+1$", Output);
        Assert.Matches(@"(?m)^  my_clicks\s+4$", Output);
    }

    [Fact]
    public async Task A_full_decision_shows_served_beside_built_and_marks_what_differs()
    {
        Assert.Equal(ExitCode.Failure, await RunAsync("decision", "full"));
        Assert.Matches(@"(?m)^item story-1, main 1\n  clicks_1h\s+2\s+6\s+DIFFERS\n  seen_before\s+1\s+3\s+DIFFERS$", Output);
        Assert.Matches(@"(?m)^item story-2, main 2\n  clicks_1h\s+7\s+1\s+given by the caller\n  seen_before\s+0\s+1\s+DIFFERS$", Output);
        Assert.Contains("3 of 4 cells differ", Output, StringComparison.Ordinal);
        await RunAsync("decision", "full", "--json");
        using var answer = JsonDocument.Parse(Output);
        Assert.Equal(3, answer.RootElement.GetProperty("different").GetInt32());
        Assert.Equal("seen_before", answer.RootElement.GetProperty("items")[1].GetProperty("differs")[0].GetString());
    }

    [Fact]
    public async Task A_decision_that_cannot_be_built_says_why()
    {
        Assert.Equal(ExitCode.Failure, await RunAsync("decision", "other"));
        Assert.Contains("not built: taken under other definitions: epoch 1 had definitions 0123456789abcdef, these are ", Output, StringComparison.Ordinal);
        Assert.DoesNotContain("story-1", Output, StringComparison.Ordinal);
        Assert.DoesNotContain("  not built", Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, await RunAsync("decision", "lost"));
        Assert.Contains("not built: their epochs were not recorded", Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, await RunAsync("decision", "elsewhere"));
        Assert.Matches(@"^decision elsewhere .*\nnot built: taken under other definitions.*\nfull record: served; 2 items, 2 features\nitem story-1, main 1\n  clicks_1h\s+2\n", Output);
        Assert.Equal(ExitCode.Failure, await RunAsync("decision", "short"));
        Assert.Contains("not built: the journal ends before what they knew", Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, await RunAsync("decision", "never"));
        Assert.Contains("the journal holds no decision 'never'", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitCode.Failure, "names item 'story-3'; is 'story-1' meant?", "item", "story-3")]
    [InlineData(ExitCode.Failure, "names item 'story-1'", "item", "story-1", "--time", "2026-11-29")]
    [InlineData(ExitCode.Failure, "names user 'u9'", "user", "u9", "--time", "2026-11-30T08:00:00Z")]
    [InlineData(ExitCode.Usage, "expected a time like", "item", "story-1", "--time", "yesterday")]
    [InlineData(ExitCode.Usage, "--user says nothing of a session: it goes with an item", "session", "s1", "--user", "u1")]
    [InlineData(ExitCode.Usage, "--time says nothing of a decision, which has its own", "decision", "slim", "--time", "2026-11-30")]
    [InlineData(ExitCode.Usage, "--context: expected KEY=VALUE; got 'phone'", "item", "story-1", "--context", "phone")]
    [InlineData(ExitCode.Usage, "--context timezone: expected an IANA time zone that this machine knows, such as Europe/Berlin; got \"Mars/Olympus\"", "item", "story-1", "--context", "timezone=Mars/Olympus")]
    [InlineData(ExitCode.Usage, "--context utcOffset: expected one of timezone and utcOffset; got both", "item", "story-1", "--context", "timezone=Asia/Tokyo", "--context", "utcOffset=60")]
    [InlineData(ExitCode.Usage, "--context utcOffset: expected whole minutes east of UTC", "item", "story-1", "--context", "utcOffset=2h")]
    [InlineData(ExitCode.DataUnusable, "there is none", "item", "story-1", "--data", "/nowhere")]
    internal async Task What_is_wrong_is_said(ExitCode code, string says, params string[] arguments)
    {
        Assert.Equal(code, await RunAsync(arguments));
        Assert.Contains(says, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Output);
    }

    private static UnixMicros At(double minutes) => Eight + TimeSpan.FromMinutes(minutes);

    private ItemChanged Item(string id, string? price) => new()
    {
        Id = $"f{_ids++}",
        Item = id,
        Time = At(-120),
        Received = At(-120),
        Attributes = price is null
            ? ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal)
            : ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal).Add("price", [price]),
    };

    private Observed Click(string item, string user, string session, double at, double? received = null) => new()
    {
        Id = $"f{_ids++}",
        Event = "click",
        Item = item,
        Surface = "home",
        User = user,
        Session = session,
        Time = At(at),
        Received = At(received ?? at),
    };

    private Observed Dwell(long micros, string? unit) => Click("story-2", "u3", "s3", 3) with { Event = "dwell", ValueMicros = micros, Unit = unit };

    private static EpochFrozen Epoch(long number, string definitions, double until, Position[] folded) => new()
    {
        Id = $"epoch:{number}",
        Epoch = number,
        Definitions = definitions,
        Until = At(until),
        Received = At(until),
        Cut = [.. folded.GroupBy(position => (position.Stream, position.Partition)).Select(of => new Position(of.Key.Stream, of.Key.Partition, of.Max(position => position.Offset) + 1))],
    };

    private static Decided Decision(string id, long epoch) => new()
    {
        Id = id,
        Surface = "home",
        Policy = "home@1",
        User = "u1",
        Session = "s1",
        Epoch = epoch,
        Asked = At(epoch == 1 ? 0.01 : epoch == 3 ? 6.01 : 5.01),
        Received = At(epoch == 1 ? 0.02 : epoch == 3 ? 6.02 : 5.02),
        UserAhead = [.. new long[16]],
        Slots = [new DecidedSlot("main", [new DecidedItem("story-1", 2, 1, false, true, 1), new DecidedItem("story-2", 1, 1, false, true, 1)])],
    };

    private static DecisionInputs Inputs(float[] matrix) => new()
    {
        Request = "{}",
        Now = At(5),
        Candidates = ["story-1", "story-2"],
        Sources = [1, 1],
        Providers = ["", ""],
        Features = ["clicks_1h", "seen_before"],
        Matrix = [.. matrix],
        Given = [2],
    };

    private string[] Files() => [.. Directory.GetFiles(Data, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => $"{file} {File.GetLastWriteTimeUtc(file):O} {new FileInfo(file).Length}")];

    private async Task<ExitCode> RunAsync(params string[] arguments)
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        string[] data = arguments.Contains("--data") ? [] : ["--data", Data];
        return (ExitCode)await MillraceCommand.RunAsync(["features", "at", .. arguments, .. data, "--config", Config], TimeProvider.System, _output, _error);
    }
}
