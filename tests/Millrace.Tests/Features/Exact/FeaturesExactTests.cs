using System.Collections.Immutable;
using System.Globalization;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Features.Exact;

/// <summary>
/// Online equals offline, bit for bit, across kills: a process decides under traffic over HTTP, is killed at random moments, and every value of every full record is then built
/// again from the journal. <c>tests/features-exact/run</c> does it as long as one likes.
/// </summary>
public sealed class FeaturesExactTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static int Decisions => Setting("MILLRACE_EXACT_DECISIONS", 500);

    private static int Kills => Setting("MILLRACE_EXACT_KILLS", 3);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public Task Every_value_served_to_a_synthetic_audience_is_built_again_after_kills() =>
        PlayAsync(WorldTraffic.RunAsync, GloboTraffic.IsThere ? Decisions / 2 : Decisions, GloboTraffic.IsThere ? Kills / 2 : Kills, "world");

    [Fact]
    public Task Every_value_served_to_the_readers_of_a_click_log_is_built_again_after_kills()
    {
        Assert.SkipUnless(GloboTraffic.IsThere, "../shared/data/globo/clicks.csv.gz is not there: all decisions are the synthetic audience's.");
        return PlayAsync(GloboTraffic.RunAsync, Decisions - (Decisions / 2), Kills - (Kills / 2), "globo");
    }

    private async Task PlayAsync(Func<KilledNode, int, Task> traffic, int decisions, int kills, string name)
    {
        var data = Path.Combine(_folder, name);
        var from = UnixMicros.Now(TimeProvider.System);

        // A kill loses what was decided in the last tenth of a second, and more on a busy machine: more is asked for than is to be compared.
        var asked = decisions + (decisions / 20) + (200 * kills);
        using var node = new KilledNode(data, ExactFeatures.Settings, decisions, kills, seed: 7);
        await node.StartAsync();
        await traffic(node, asked);
        var watched = await node.EndAsync();
        var (check, walk) = await CompareAsync(data, from);
        Report(name, node, check, walk, (long)watched["decisions"]!);
        Assert.DoesNotContain(watched["features"]!.AsArray(), feature => (bool)feature!["alarm"]!);
        Assert.All(check.Features, feature => Assert.True(feature.Value.Different == 0, $"{feature.Key}: {feature.Value.Different} of {feature.Value.Compared}, first {feature.Value.First}"));
        Assert.All(check.Features, feature => Assert.True(feature.Value.Compared > 0, $"{feature.Key} was never compared"));
        Assert.True(walk.Whole, "a bound was hit");
        Assert.Equal(kills, node.Killed);
        Assert.InRange(check.Decisions, decisions, long.MaxValue);
    }

    private static async Task<(SkewCheck Check, PointInTimeWalk Walk)> CompareAsync(string data, UnixMicros from)
    {
        var config = new ConfigSource(null, ImmutableDictionary<string, string>.Empty, [.. ExactFeatures.Settings]).Load();
        var features = Millrace.Node.Configuration.History.Features(config);
        using var directory = DataDirectory.Open(data);
        using var keys = FileSubjectKeys.OpenReadOnly(directory.SubjectKeys);
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = directory.Journal }, TimeProvider.System, keys);
        var walk = new PointInTimeWalk(
            journal, features, new WalkOptions { From = from, To = UnixMicros.Now(TimeProvider.System), Folding = NodeServices.OptionsOf(config.Folding), MaxPersons = config.Folding.Persons });
        var check = new SkewCheck(features);
        await walk.RunAsync(check, TestContext.Current.CancellationToken);
        return (check, walk);
    }

    private static void Report(string name, KilledNode node, SkewCheck check, PointInTimeWalk walk, long watched)
    {
        var not = Enum.GetValues<NotVisited>().Where(reason => walk.Counts.Not(reason) > 0).Select(reason => $"{walk.Counts.Not(reason)} {reason}");
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {node.Decisions} decisions answered, {node.Killed} kills; {walk.Folded} facts folded; {check.Decisions} decisions compared, {check.Features.Values.Sum(f => f.Compared)} cells, "
            + $"{check.Different} different; not visited: {(walk.Counts.NotVisited == 0 ? "none" : string.Join(", ", not))}; {watched} compared by the node's own watch since its last start"));
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}
