using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Decisions;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Posteriors;
using Millrace.Models.Shelf;
using Millrace.Node;
using Millrace.Node.Configuration;
using Millrace.Tests.Models.Trees;

namespace Millrace.Tests.Node;

/// <summary>Heads in millrace.yaml, and what becomes of their models: kept, reloaded, replayed.</summary>
public sealed class HeadConfigurationTests : IDisposable
{
    private const string Features = """
        features:
          - {name: f0, count: click, window: 1h}
          - {name: f1, count: click, window: 2h}
          - {name: f2, count: click, window: 3h}
          - {name: f3, count: click, window: 4h}
          - {name: f4, count: click, window: 5h}
          - {name: f5, count: click, window: 6h}
          - {name: gender, count: click, window: 6h, sensitivity: protected}
        """;

    private const string Two = """
        policies:
          home:
            candidates: [{recent: true}]
            heads: {click: {forest: models/click.txt}, dwell: {forest: models/dwell.txt, output: raw, class: 2}, new: {beta: {successes: f0, trials: f1, prior: {trials: 50}}}}
            objectives: {click: 1, dwell: 0.2, new: -3}
            thresholds: {click: {atLeast: -1e6}}
        surfaces: {home: {policy: home, slots: [{id: main, count: 4}]}}
        """;

    private static readonly string[] Names = ["f0", "f1", "f2", "f3", "f4", "f5"];

    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;

    public HeadConfigurationTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "models"));
        WriteModel("click", "regression");
        WriteModel("dwell", "multiclass");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Heads_bind_with_the_digest_and_the_features_of_their_models()
    {
        NodeConfig config = Load(Two);
        Policy home = config.Policies["home"];
        var click = Assert.IsType<ForestHead>(home.Heads["click"]);
        Assert.Equal((ModelDigest.Of(GoldenFiles.Model("regression", Names)), ForestOutput.Transformed, 0), (click.Digest, click.Output, click.Class));
        Assert.Subset(Names.ToHashSet(StringComparer.Ordinal), click.Features.ToHashSet(StringComparer.Ordinal));
        Assert.Equal((ForestOutput.Raw, 2), home.Heads["dwell"] is ForestHead dwell ? (dwell.Output, dwell.Class) : default);
        Assert.Equal(new BetaHead("f0", "f1", 1, 50), home.Heads["new"]);
        Assert.Equal(-3, home.Objectives["new"]);
        Assert.Equal(new Threshold(AtLeast: -1e6), home.Thresholds["click"]);
        Assert.Equal([Path.Combine(_folder, "models", "click.txt"), Path.Combine(_folder, "models", "dwell.txt")], config.Models.Paths);
        Assert.Contains(click.Digest, JsonSerializer.Serialize(config, ConfigJson.Options));
    }

    [Theory]
    [InlineData("{}", "policies.home.heads.a: expected exactly one of forest, linear, blend, feature, external, beta, got none")]
    [InlineData("{feature: f0, blend: {f1: 1}}", "policies.home.heads.a: expected exactly one of forest, linear, blend, feature, external, beta, got 2")]
    [InlineData("{feature: f0, output: raw}", "policies.home.heads.a.output: expected it beside forest, got a head by feature")]
    [InlineData("{feature: f00}", "policies.home.heads.a.feature: expected a feature that is defined, got 'f00', did you mean 'f0'?")]
    [InlineData("{beta: {successes: f0, trials: gender}}", "policies.home.heads.a.beta.trials: expected a feature that is not protected")]
    [InlineData("{blend: {gender: 1}}", "policies.home.heads.a.blend.gender: expected a feature that is not protected")]
    [InlineData("{forest: nowhere.txt}", "policies.home.heads.a.forest: expected a model that can be read, got 'nowhere.txt': Could not find file")]
    [InlineData("{forest: t.yaml}", "policies.home.heads.a.forest: expected a model that can be read, got 't.yaml': expected a LightGBM text model")]
    [InlineData("{linear: models/click.txt}", "policies.home.heads.a.linear: expected a model that can be read, got 'models/click.txt': Linear posterior: expected ")]
    [InlineData("{forest: models/strange.txt}", "policies.home.heads.a.forest: expected a model of this node's features, got splits of '")]
    [InlineData("{forest: models/protected.txt}", "policies.home.heads.a.forest: expected no protected feature beside allowProtected, got 'gender'")]
    [InlineData("{forest: models/click.txt, class: 1}", "policies.home.heads.a.class: expected a class below 1, got 1")]
    public void A_faulty_head_is_told_at_its_place(string head, string fault)
    {
        WriteModel("strange", "regression", "g0", "g1", "g2", "g3", "g4", "g5");
        WriteModel("protected", "regression", "gender", "f1", "f2", "f3", "f4", "f5");
        var refused = Assert.Throws<ConfigInvalidException>(() => Load($"policies:\n  home: {{candidates: [{{recent: true}}], objectives: {{a: 1}},\n    heads: {{a: {head}}}}}"));
        Assert.Contains(fault, Assert.Single(refused.Faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_linear_head_binds_with_the_digest_and_the_features_of_its_model()
    {
        var evidence = new LinearEvidence(["f2", "f0"], 1, 1);
        byte[] bytes = LinearFile.Write(evidence.Posterior());
        File.WriteAllBytes(Path.Combine(_folder, "models", "click.lin"), bytes);
        string text = Two.Replace("new: {beta", "weights: {linear: models/click.lin}, new: {beta", StringComparison.Ordinal);
        NodeConfig config = Load(text);
        var head = Assert.IsType<LinearHead>(config.Policies["home"].Heads["weights"]);
        Assert.Equal(ModelDigest.Of(bytes), head.Digest);
        Assert.Equal(["f2", "f0"], head.Features);
        Assert.NotNull(((IModelShelf)config.Models).Linear(head.Digest));
        Assert.Contains(Path.Combine(_folder, "models", "click.lin"), config.Models.Paths);
        Assert.Contains(
            "policies.home.heads.weights.linear: expected a model of one kind, got 'models/click.txt', which another head takes for another",
            Assert.Single(Assert.Throws<ConfigInvalidException>(() => Load(text.Replace("click.lin", "click.txt", StringComparison.Ordinal))).Faults).ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Objectives_name_heads() => Assert.Contains(
        "policies.home.objectives.clik: expected the name of a head, got 'clik', did you mean 'click'?",
        Assert.Throws<ConfigInvalidException>(() => Load(Two.Replace("objectives: {click", "objectives: {clik", StringComparison.Ordinal))).Faults[0].ToString(),
        StringComparison.Ordinal);

    [Fact]
    public async Task A_changed_model_is_a_changed_configuration_and_a_damaged_one_leaves_the_last_good()
    {
        using var meter = new Meter("Millrace.Test");
        ConfigSource source = Source(Two);
        await using var holder = new ConfigHolder(source, source.Load(), meter, NullLogger.Instance);
        Assert.Equal([Path.Combine(_folder, "t.yaml"), Path.Combine(_folder, "models", "click.txt"), Path.Combine(_folder, "models", "dwell.txt")], holder.Watched);
        Assert.Equal(ReloadOutcome.Unchanged, await holder.ReloadAsync());
        WriteModel("click", "lambdarank");
        Assert.Equal(ReloadOutcome.Applied, await holder.ReloadAsync());
        string digest = Assert.IsType<ForestHead>(holder.Current.Policies["home"].Heads["click"]).Digest;
        Assert.Equal(ModelDigest.Of(GoldenFiles.Model("lambdarank", Names)), digest);
        Assert.NotNull(holder.Current.Models.Forest(digest));

        await File.WriteAllTextAsync(Path.Combine(_folder, "models", "click.txt"), "tree\nhalf", Cancellation);
        Assert.Equal(ReloadOutcome.Refused, await holder.ReloadAsync());
        Assert.Equal(digest, Assert.IsType<ForestHead>(holder.Current.Policies["home"].Heads["click"]).Digest);

        // One that is not there yet is waited for.
        await File.WriteAllTextAsync(Path.Combine(_folder, "t.yaml"), Text(Two.Replace("click.txt", "later.txt", StringComparison.Ordinal)), Cancellation);
        Assert.Equal(ReloadOutcome.Refused, await holder.ReloadAsync());
        Assert.Contains(Path.Combine(_folder, "models", "later.txt"), holder.Watched);
        WriteModel("later", "regression");
        Assert.Equal(ReloadOutcome.Applied, await holder.ReloadAsync());
    }

    [Fact]
    public async Task Decisions_replay_by_the_model_that_took_them_after_it_changed_and_after_a_restart()
    {
        var taken = new List<Decided>();
        await using (var node = await StartAsync())
        {
            Decide(node, taken);
            WriteModel("click", "lambdarank");
            Assert.Equal(ReloadOutcome.Applied, await node.Services.Config.ReloadAsync());
            Decide(node, taken);
        }

        Assert.Equal(["home@1", "home@2"], taken.Select(static decided => decided.Policy).Distinct());
        Assert.Equal(2, taken.Select(static decided => decided.Model).Distinct().Count());
        WriteModel("click", "regression");
        await using var again = await StartAsync();
        Assert.All(taken, decided => Assert.Equal(ReplayVerdict.Identical, Replay(again, decided)));

        // The folder loses what home@2 was taken by; nothing in force needs it.
        File.WriteAllText(again.Services.Models.PathOf(ModelDigest.Of(GoldenFiles.Model("lambdarank", Names))), "tree");
        await using var third = await RestartAsync(again);
        Assert.Equal(
            [ReplayVerdict.Identical, ReplayVerdict.ModelMissing],
            taken.Select(decided => Replay(third, decided)).Distinct());
    }

    private static ReplayVerdict Replay(MillraceNode node, Decided decided) => Replayer.Replay(decided, node.Services.Policies.Find(decided.Policy), node.Services.Models).Verdict;

    private static void Decide(MillraceNode node, List<Decided> taken)
    {
        foreach (var (row, i) in GoldenFiles.Scores("regression").Select(static (golden, i) => (golden.Row, i)))
        {
            taken.Add(node.Services.Decider.Decide(new DecideRequest
            {
                DecisionId = $"d{taken.Count}",
                Surface = "home",
                Session = "s",
                Timeout = TimeSpan.FromSeconds(30),
                Candidates = [.. Enumerable.Range(0, 9).Select(c => Decisions.DecisionHarness.Candidate($"c{c}", [.. row.Select((value, at) => (Names[at], value + (at == 0 ? c / 10f : 0)))]))],
            }));
            Assert.Empty(taken[^1].Degraded);
            Assert.True(i < 40);
        }
    }

    private async Task<MillraceNode> RestartAsync(MillraceNode node)
    {
        await node.DisposeAsync();
        return await StartAsync();
    }

    private Task<MillraceNode> StartAsync() => MillraceNode.StartAsync(
        Source(Two) with { Sets = ["listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", $"node.data={Path.Combine(_folder, "data")}", "log.level=error"] },
        TimeProvider.System, Cancellation);

    private static string Text(string rest) => $"{Features}\n{rest}";

    [Fact]
    public void A_first_phase_binds_with_its_model_and_what_the_lists_say()
    {
        WriteModel("first", "regression", "list.recent", "list.popular.1h", "list.points", "list.lists", "f0", "f1");
        NodeConfig config = Load(FirstPhaseOf("forest: models/first.txt, blend: {list.points: 1, f0: 0.5}, from: 700"));
        FirstPhase phase = config.Policies["home"].FirstPhase!;
        Assert.Equal((700, ModelDigest.Of(File.ReadAllBytes(Path.Combine(_folder, "models", "first.txt")))), (phase.From, phase.Head.Model));
        Assert.Equal(0.5, phase.Base!.Weights["f0"]);
        Assert.Contains(config.Models.Files, file => file.Digest == phase.Head.Model);
        Assert.Equal(FirstPhase.UsualFrom, Load(FirstPhaseOf("blend: {list.points: 1}")).Policies["home"].FirstPhase!.From);
        Assert.Null(Load(Two).Policies["home"].FirstPhase);
    }

    [Theory]
    [InlineData("from: 700", "expected forest, blend or both, got neither")]
    [InlineData("blend: {gender: 1}", "expected a feature that is not protected")]
    [InlineData("forest: models/nowhere.txt", "expected a model that can be read")]
    public void A_first_phase_that_says_nothing_readable_is_refused(string phase, string fault) =>
        Assert.Contains(fault, Assert.Single(Assert.Throws<ConfigInvalidException>(() => Load(FirstPhaseOf(phase))).Faults).ToString(), StringComparison.Ordinal);

    private static string FirstPhaseOf(string phase) => $$$"""
        policies: {home: {candidates: [{popular: 1h, take: 50, weight: 1}, {recent: true}], pool: 40, firstPhase: { {{{phase}}} }, blend: {f0: 1} }}
        surfaces: {home: {policy: home, slots: [{id: main, count: 4}]}}
        """;

    private NodeConfig Load(string rest) => Source(rest).Load();

    private ConfigSource Source(string rest)
    {
        File.WriteAllText(Path.Combine(_folder, "t.yaml"), Text(rest));
        return new ConfigSource(Path.Combine(_folder, "t.yaml"), new Dictionary<string, string>(), []);
    }

    private void WriteModel(string name, string golden, params string[] features) =>
        File.WriteAllBytes(Path.Combine(_folder, "models", name + ".txt"), GoldenFiles.Model(golden, features.Length == 0 ? Names : features));
}
