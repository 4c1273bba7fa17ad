using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Local;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

/// <summary>A rich valid file, changed at random: whatever it says then, it is refused with lines, or a node runs with it (issue 4, Must 7).</summary>
public sealed class MutatedConfigurationTests : IDisposable
{
    private const int Mutations = 200;

    // Each full node takes some 0.2 s: those that pass beyond so many fold and decide without listeners.
    private const int Nodes = 12;

    private static readonly string[] Values =
    [
        "click", "5", "5%", "-1", "1h", "90d", "1", "0", "1e308", "99999999999999999999999999999d", "NaN", "''", "null", "true", "[]", "{}", "[1, 2]", "{a: b}", "~", "item", "user",
        "session-item", "context:device", "attribute:topic", "café☕", "\u0000", "clicks_1h", "removed", "protected", "'a + * b'", "!!int x", "&a 1", "*a", "2147483648", "1_000", "0x10",
    ];

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_hundred_mutated_configurations_are_refused_with_lines_or_run()
    {
        var good = await File.ReadAllTextAsync(Path.Combine(House.RepositoryRoot.Path, "examples", "features.yaml"), Cancellation);
        Run(Check(good));
        var (refused, ran) = (0, 0);
        for (var seed = 0; seed < Mutations; seed++)
        {
            var text = Mutate(good, (ulong)seed);
            try
            {
                var config = Check(text);
                Run(config);
                if (++ran <= Nodes)
                {
                    await RunNodeAsync(text, seed);
                }
            }
            catch (ConfigInvalidException faults)
            {
                refused++;
                Assert.NotEmpty(faults.Faults);
                Assert.All(faults.Faults, fault => Assert.True(fault.Mark.Line > 0, $"seed {seed}: {fault}"));
            }
            catch (Exception other)
            {
                Assert.Fail($"seed {seed}: {other}\n{text}");
            }
        }

        // Both must happen often, else nothing is shown.
        Assert.InRange(refused, Mutations / 4, Mutations - Nodes);
        Assert.True(ran >= Nodes, $"{ran} passed");
    }

    private static NodeConfig Check(string text) => new ConfigSource(null, new Dictionary<string, string>(), []).Check("t.yaml", text);

    private async Task RunNodeAsync(string text, int seed)
    {
        var file = Path.Combine(_data, $"{seed}.yaml");
        await File.WriteAllTextAsync(file, text, Cancellation);
        var source = new ConfigSource(
            file,
            new Dictionary<string, string>(),
            ["listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", $"node.data={Path.Combine(_data, $"{seed}")}", "log.level=error"]);
        await using var node = await MillraceNode.StartAsync(source, TimeProvider.System, Cancellation);
        await node.Services.Journal.AppendAsync(new ItemChanged { Id = "i", Item = "story", Time = UnixMicros.Now(TimeProvider.System) }, Cancellation);
        foreach (var surface in node.Services.Serving.Current.Policies.Surfaces)
        {
            node.Services.Decider.Decide(new DecideRequest { DecisionId = $"d-{surface.Name}", Surface = surface.Name, User = "u", Session = "s", Candidates = [new RequestCandidate("story", ImmutableSortedDictionary<string, float>.Empty)] });
        }
    }

    /// <summary>Folds one event of each type that the file names, and decides on every surface.</summary>
    private static void Run(NodeConfig config)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var features = History.Features(config);
        var folder = new FeatureFolder(features, new FeatureOptions());
        var persons = new EmbeddedPersonStore(features.Persons, 1);
        var now = UnixMicros.Now(clock);
        folder.Apply(new StoredFact(new Position(JournalStream.Items, 0, 0), new ItemChanged { Id = "i", Item = "story", Kind = "video", Provider = "p", Time = now, Received = now }));
        var offset = 0;
        foreach (var type in (string[])["click", "impression", "dwell", "conversion"])
        {
            var stored = new StoredFact(
                new Position(JournalStream.Events, 0, offset), new Observed { Id = $"e{offset++}", Event = type, Item = "story", User = "u", Session = "s", ValueMicros = 2_000_000, Unit = "s", Rank = 1, Time = now, Received = now });
            folder.Apply(stored);
            persons.Observe(stored);
        }

        folder.Freeze(now);
        var policies = PolicySet.Create(config.Policies.Values, config.Surfaces.Values, features);
        var faults = new List<Exception>();
        var decider = new Decider(new DeciderOptions { Timeout = Timeout.InfiniteTimeSpan }, clock, new ServingTable(new Serving(policies, () => folder.Current, persons)), faulted: faults.Add);
        foreach (var surface in config.Surfaces.Keys)
        {
            decider.Decide(new DecideRequest { DecisionId = $"d-{surface}", Surface = surface, User = "u", Session = "s" });
        }

        Assert.Empty(faults);
    }

    /// <summary>One to three changes of words, lines or the end.</summary>
    private static string Mutate(string text, ulong seed)
    {
        var random = new SeededDraw(seed);
        for (var changes = 1 + random.Below(3); changes > 0; changes--)
        {
            text = Change(text, random);
        }

        return text;
    }

    private static string Change(string text, SeededDraw random)
    {
        var lines = text.Split('\n').ToList();
        var at = random.Below(lines.Count);
        switch (random.Below(9))
        {
            case 0:
                lines.RemoveAt(at);
                break;
            case 1:
                lines.Insert(at, lines[random.Below(lines.Count)]);
                break;
            case 2:
                return text[..random.Below(text.Length)];
            case 3:
                var character = random.Below(text.Length);
                return text[..character] + Values[random.Below(Values.Length)] + text[(character + 1)..];
            case 4:
                var gone = random.Below(text.Length);
                return text.Remove(gone, Math.Min(1 + random.Below(4), text.Length - gone));
            default:
                lines[at] = WithOtherValue(lines[at], random);
                break;
        }

        return string.Join('\n', lines);
    }

    /// <summary>The value behind one of the line's colons is another, or that of another key.</summary>
    private static string WithOtherValue(string line, SeededDraw random)
    {
        var colons = Enumerable.Range(0, line.Length).Where(i => line[i] == ':' && i + 1 < line.Length && line[i + 1] == ' ').ToArray();
        if (colons.Length == 0)
        {
            return line;
        }

        string ValueAt(int colon) => line[(colon + 2)..Math.Max(colon + 2, End(line, colon + 2))];
        var chosen = colons[random.Below(colons.Length)];
        var value = random.Below(3) == 0 ? ValueAt(colons[random.Below(colons.Length)]) : Values[random.Below(Values.Length)];
        return line[..(chosen + 2)] + value + line[Math.Max(chosen + 2, End(line, chosen + 2))..];
    }

    private static int End(string line, int from) => line.IndexOfAny([',', '}', ']'], from) is >= 0 and var end ? end : line.Length;

    private sealed class SeededDraw(ulong seed)
    {
        private ulong _draws;

        public int Below(int bound) => Philox.ToIndex(Philox.Draw(seed, 0, _draws++).First, Math.Max(1, bound));
    }
}
