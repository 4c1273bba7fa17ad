using Millrace.Features.Definitions;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

/// <summary>How features are written, and what is said of those that are written wrong.</summary>
public sealed class FeatureConfigurationTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static TheoryData<string, FeatureDefinition> Kinds => new()
    {
        { "count: click, window: 1h", new CountFeature("f", "click", Hour) },
        { "count: click, halfLife: 1h, as: log", new DecayedCountFeature("f", "click", Hour, CountRead.Log) },
        { "entity: user, count: click, window: 1d", new PersonCountFeature("f", FeatureEntity.User, "click", Day) },
        { "entity: session, count: click, halfLife: 1h", new PersonDecayedFeature("f", FeatureEntity.Session, "click", Hour) },
        { "entity: item-context, count: click, by: surface, window: 1d", new CrossFeature("f", "click", "surface", Day) },
        { "entity: item×context, count: click, by: 'context:device', window: 1d, as: share", new CrossFeature("f", "click", "context:device", Day, CountRead.Share) },
        { "examined: impression, window: 1d", new ExaminedCountFeature("f", "impression", null, Day, ExaminationCurve.Default) },
        {
            "entity: item-context, examined: impression, by: segment, window: 1d, examination: {ranks: [1, 0.5]}",
            new ExaminedCountFeature("f", "impression", "segment", Day, new ExaminationCurve([1, 0.5]))
        },
        { "sum: dwell, unit: s, window: 1h", new SumFeature("f", "dwell", "s", Hour) },
        { "sum: dwell, unit: s, halfLife: 1h", new DecayedSumFeature("f", "dwell", "s", Hour) },
        { "entity: user, sum: conversion, unit: EUR, window: 1d", new PersonSumFeature("f", FeatureEntity.User, "conversion", "EUR", Day) },
        { "entity: user, sum: conversion, unit: EUR, halfLife: 1d", new PersonDecayedFeature("f", FeatureEntity.User, "conversion", Day, "EUR") },
        { "mean: dwell, unit: s, window: 1h", new MeanFeature("f", "dwell", "s", Hour) },
        { "rate: {of: click, per: impression}, window: 1d", new RateFeature("f", "click", "impression", Day) },
        {
            "rate: {of: click, per: impression, strength: 5, prior: fitted, examination: {ranks: [1, 50%, 0.25]}}, window: 1d",
            new RateFeature("f", "click", "impression", Day) { Strength = 5, Prior = RatePrior.Fitted, Examination = new ExaminationCurve([1, 0.5, 0.25]) }
        },
        { "rate: {of: click, per: impression, examination: dcg}, window: 1d", new RateFeature("f", "click", "impression", Day) { Examination = ExaminationCurve.Default } },
        { "rate: {of: click, per: impression}, by: segment, window: 1d", new ContextRateFeature("f", "click", "impression", "segment", Day) },
        {
            "entity: item-context, rate: {of: click, per: impression, prior: fitted, examination: dcg}, by: segment, window: 1d, contexts: [a b, SE], groups: ['attribute:topic', provider], as: successes",
            new ContextRateFeature("f", "click", "impression", "segment", Day, RateRead.Successes)
            {
                Prior = RatePrior.Fitted, Examination = ExaminationCurve.Default, Contexts = "a%20b SE", Groups = "attribute:topic provider",
            }
        },
        { "distinct: click, window: 1d, precision: 10", new DistinctFeature("f", "click", Day) { Precision = 10 } },
        { "entity: user, distinct: click, window: 1d, most: 50", new PersonDistinctFeature("f", FeatureEntity.User, "click", Day) { Most = 50 } },
        { "age: published, halfLife: 1h", new AgeFeature("f", AgeSince.Published, Hour) },
        { "age: lastEvent, event: view", new AgeFeature("f", AgeSince.LastEvent, null, "view") },
        { "entity: user, age: lastEvent, halfLife: 1d", new PersonAgeFeature("f", FeatureEntity.User, "click", Day) },
        { "cooccur: click, window: 1d, depth: 3, fade: 90%, as: lift", new CooccurrenceFeature("f", "click", Day) { Depth = 3, Fade = 0.9, As = PairRead.Lift } },
        { "similar: click, text: title", new TextSimilarityFeature("f", FeatureEntity.Session, "click", "title") },
        { "entity: user-item, similar: click, embedding: 64, depth: 5", new EmbeddingSimilarityFeature("f", FeatureEntity.User, "click", 64) { Depth = 5 } },
        { "entity: user*item, past: click, window: 1d, as: recency, halfLife: 1h", new PastFeature("f", FeatureEntity.User, "click", Day, PastRead.Recency) { HalfLife = Hour } },
        { "affinity: click, by: provider, halfLife: 1d", new AffinityFeature("f", FeatureEntity.User, "click", "provider", Day) },
        { "entity: session-attribute, affinity: click, by: 'attribute:topic', halfLife: 1d", new AffinityFeature("f", FeatureEntity.Session, "click", "attribute:topic", Day) },
        { "topShare: click, by: kind, halfLife: 1d", new TopShareFeature("f", FeatureEntity.User, "click", "kind", Day) },
        { "run: minutes", new RunFeature("f", RunRead.Minutes) },
        { "time: daySine", new TimeOfDayFeature("f", TimeRead.DaySine) },
        { "is: video, by: kind", new ItemIsFeature("f", "kind", "video") },
        { "is: phone, by: 'context:device'", new ContextIsFeature("f", "device", "phone") },
        { "match: 'context:language', by: 'attribute:language'", new ContextMatchFeature("f", "language", "attribute:language") },
        { "value: 'attribute:price'", new ItemValueFeature("f", "price") },
        { "component: 3, text: title", new ItemComponentFeature("f", 3, "title", 64) },
        { "component: 7, embedding: 8", new ItemComponentFeature("f", 7, null, 8) },
        { "value: 'context:temperature'", new ContextValueFeature("f", "temperature") },
        { "expr: '1 + 2'", new ExpressionFeature("f", FeatureEntity.Item, "1 + 2") },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_binds_to_its_definition(string text, FeatureDefinition definition)
    {
        var bound = Assert.Single(Check($"features: [{{name: f, {text}}}]").Features);
        Assert.Equal(definition, bound with { Info = FeatureInfo.None });
    }

    [Fact]
    public void No_kind_is_left_out()
    {
        var kinds = typeof(FeatureDefinition).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(FeatureDefinition)) && !type.IsAbstract).Select(type => type.Name);
        Assert.Equal(kinds.Order(), Kinds.Select(row => row.Data.Item2.GetType().Name).Distinct().Order());
    }

    [Fact]
    public void What_is_said_beside_a_kind_is_bound_and_persons_features_are_personal()
    {
        var config = Check("""
            features:
              - {name: a, age: lastEvent, halfLife: 1d, default: 0.5, fresh: 1s, owner: desk, description: Liveness., sensitivity: protected, life: deprecated}
              - {name: b, entity: user, count: click, window: 1d}
              - {name: c, life: removed}
            """);
        Assert.Equal(
            new FeatureInfo
            {
                Default = 0.5f, Fresh = TimeSpan.FromSeconds(1), Owner = "desk", Description = "Liveness.",
                Sensitivity = FeatureSensitivity.Protected, Life = FeatureLife.Deprecated,
            },
            config.Features[0].Info);
        Assert.Equal(FeatureSensitivity.Personal, config.Features[1].Info.Sensitivity);
        Assert.Equal(["c"], config.Removed);
        Assert.Equal(2, config.Features.Length);
    }

    [Theory]
    [InlineData("{name: a, cuont: click, window: 1h}", "t.yaml:2:14 features[0].cuont: expected one of", "did you mean 'count'?")]
    [InlineData("{name: a, count: click, windw: 1h}", "t.yaml:2:28 features[0].windw: expected one of", "did you mean 'window'?")]
    [InlineData("{name: a, count: click, sum: dwell, window: 1h}", "features[0]: expected exactly one of", "got count and sum")]
    [InlineData("{name: a, entity: usr, count: click, window: 1h}", "features[0].entity: expected item or user", "did you mean 'user'?")]
    [InlineData("{name: a, entity: context, count: click, window: 1h}", "features[0].entity: expected item or user or session or item-context, which `count` may be", "got 'context'")]
    [InlineData("{name: a, sum: dwell, window: 1h}", "t.yaml:2:4 features[0].unit: expected a unit", "got nothing")]
    [InlineData("{name: a, count: click, unit: s, window: 1h}", "features[0].unit: expected a setting that `count` of item takes (window, halfLife, as)", "got 'unit'")]
    [InlineData("{name: a, run: items, most: 3}", "features[0].most: expected no setting beside `run`", "got 'most'")]
    [InlineData("{name: a, count: click, window: 5}", "features[0].window: expected a duration like", "got '5'")]
    [InlineData("{name: a, count: click, window: 99999999999999999999999999d}", "features[0].window: expected a duration", "got '9999")]
    [InlineData("{name: a, cooccur: click, window: 1d, fade: 5}", "features[0].fade: expected a share from 0 to 1 like '0.05', or from 0% to 100% like '5%'", "got '5'")]
    [InlineData("{name: a, cooccur: click, window: 1d, fade: 500%}", "features[0].fade: expected a share", "got '500%'")]
    [InlineData("{name: a, cooccur: click, window: 1d, depth: 50}", "features[0].depth: expected 1 to 20", "got 50")]
    [InlineData("{name: a, is: video, by: surface}", "features[0].by: expected provider, kind or attribute:NAME of the item", "got 'surface'")]
    [InlineData("{name: a, entity: user, count: click, window: 1h, as: share}", "features[0].as: expected count or log of `count` of user", "got 'share'")]
    [InlineData("{name: a, entity: user, count: click, window: 1h, sensitivity: none}", "features[0].sensitivity: expected personal or protected", "got 'none'")]
    [InlineData("{name: a, rate: {of: click}, window: 1d}", "features[0].rate.per: expected a name", "got nothing")]
    [InlineData("{name: a, rate: click, window: 1d}", "features[0].rate: expected a rate like {of: click, per: impression}", "got 'click'")]
    [InlineData("{name: a, rate: {of: click, per: click}, window: 1d}", "features[0].rate: expected two events", "click")]
    [InlineData("{name: a, rate: {of: click, per: view}, by: segment, window: 1d, groups: [provider]}", "features[0].groups: expected none, since only a fitted prior has any", "prior: fitted")]
    [InlineData("{name: a, rate: {of: click, per: view, prior: fitted}, by: segment, window: 1d}", "features[0].contexts: expected the values of segment that have factors of their own", "recorded in the open")]
    [InlineData("{name: a, rate: {of: click, per: view, prior: fitted}, by: 'context:device', window: 1d, contexts: [a, a]}", "features[0].contexts: expected each once", "a, a")]
    [InlineData("{name: a, rate: {of: click, per: view}, by: segment, window: 1d, contexts: [a]}", "features[0].contexts: expected none, since only a fitted prior has any", "prior: fitted")]
    [InlineData("{name: a, rate: {of: click, per: view, prior: fitted}, by: segment, window: 1d, contexts: [a], groups: [segment]}", "features[0].groups: expected provider, kind or attribute:NAME", "'segment'")]
    [InlineData("{name: a, entity: item-context, rate: {of: click, per: view}, by: kind, window: 1d}", "features[0].by: expected surface, segment, slot or context:NAME", "'kind'")]
    [InlineData("{name: a, component: 64, text: title}", "features[0].component: expected 0 to 63", "got 64")]
    [InlineData("{name: a, component: 1}", "features[0]: expected either text or embedding", "got neither")]
    [InlineData("{name: a, expr: '1 + '}", "features[0].expr: expected", "of the formula")]
    [InlineData("{name: a, expr: 'clicks + 1'}, {name: click, count: click, window: 1h}", "features[0].expr: expected a feature that is defined", "did you mean 'click'?")]
    [InlineData("{name: a, expr: 'b + 1'}, {name: b, expr: 'c * 2'}, {name: c, expr: a}", "expr: expected a formula that does not need itself", "a needs b needs c needs a")]
    [InlineData("{name: a, expr: 'a'}", "features[0].expr: expected a formula that does not need itself", "a needs a")]
    [InlineData("{name: a, expr: 'b'}, {name: b, life: removed}", "features[0].expr: expected a feature that is not removed", "'b', which t.yaml:2:")]
    [InlineData("{name: a, life: removed}, {name: a, count: view, window: 1h}", "features[1].name: expected each feature name once, and the name of a removed one stays taken", "'a' again")]
    [InlineData("{name: a, count: click, window: 1h, fresh: 249ms}", "t.yaml:2:47 features[0].fresh: expected at least 250ms, since what is of items shows with the next epoch, and those come each 250ms", "got 249ms")]
    [InlineData("{name: a, cooccur: click, window: 1d, fresh: 1ms}", "features[0].fresh: expected at least 250ms", "got 1ms")]
    [InlineData("{name: a, age: published, fresh: 100ms}", "features[0].fresh: expected at least 250ms", "got 100ms")]
    [InlineData("{name: a, expr: 'b + c', fresh: 10ms}, {name: c, expr: 'd * 2'}, {name: d, count: click, window: 1h}, {name: b, run: items}", "features[0].fresh: expected at least 250ms", "got 10ms")]
    public void Each_fault_of_a_feature_says_where_it_is(string features, string expected, string got)
    {
        var faults = FaultsOf($"features:\n  [{features}]");
        Assert.Contains(faults, fault => fault.Contains(expected, StringComparison.Ordinal) && fault.Contains(got, StringComparison.Ordinal));
        Assert.All(faults, fault => Assert.StartsWith("t.yaml:2:", fault, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_of_persons_or_requests_alone_waits_for_no_epoch() => Check("""
        features:
          - {name: a, entity: user, count: click, window: 1h, fresh: 1ms}
          - {name: b, entity: user-item, past: click, window: 1h, fresh: 1ms}
          - {name: c, time: hour, fresh: 1ms}
          - {name: d, expr: 'a * c', fresh: 1ms}
          - {name: e, count: click, window: 1h, fresh: 250ms}
        """);

    [Fact]
    public void Faults_of_every_sort_are_told_at_once()
    {
        var faults = FaultsOf("""
            journal: {retention: 7d}
            features:
              - {name: x, expr: y}
              - {name: y, expr: x}
              - {name: long, count: click, window: 30d}
              - {name: total, sum: dwell, window: 1h}
              - {name: gender, value: 'attribute:gender', sensitivity: protected}
              - {name: half, count: click, window: 30}
              - {name: gone, life: removed}
            policies:
              home: {blend: {gender: 1, long: 1, gone: 1, totl: 1}}
            """);
        string[] wanted =
        [
            "t.yaml:3:", "features[0].expr: expected a formula that does not need itself, got x needs y needs x",
            "t.yaml:5:", "features[2].window: expected at most 6d to look back",
            "t.yaml:6:", "features[3].unit: expected a unit",
            "t.yaml:8:", "features[5].window: expected a duration",
            "t.yaml:11:", "policies.home.blend.gender: expected a feature that is not protected; a policy that must use one says allowProtected: [gender]",
            "t.yaml:11:", "policies.home.blend.gone: expected a feature that is not removed",
            "t.yaml:11:", "policies.home.blend.totl: expected a feature that is defined",
        ];
        foreach (var (line, text) in wanted.Chunk(2).Select(pair => (pair[0], pair[1])))
        {
            Assert.Contains(faults, fault => fault.StartsWith(line, StringComparison.Ordinal) && fault.Contains(text, StringComparison.Ordinal));
        }

        Assert.Equal(wanted.Length / 2, faults.Length);
    }

    [Theory]
    [InlineData("gender: 1", "allowProtected: [gender]", null)]
    [InlineData("gender: 1", "allowProtected: []", "'gender', which is")]
    [InlineData("score: 1", "allowProtected: []", "'score', which is, by way of 'gender'")]
    [InlineData("score: 1", "allowProtected: [gender]", null)]
    [InlineData("score: 1", "allowProtected: [score]", "'score', which is not")]
    [InlineData("clicks: 1", "allowProtected: []", null)]
    public void A_protected_feature_is_no_policys_input_unless_the_policy_names_it(string blend, string allowed, string? got)
    {
        var text = $$$"""
            features:
              - {name: gender, value: 'attribute:gender', sensitivity: protected}
              - {name: clicks, count: click, window: 1h}
              - {name: score, expr: gender * 2}
            policies: {home: {blend: {{{{blend}}}}, {{{allowed}}}}}
            """;
        if (got is null)
        {
            Check(text);
        }
        else
        {
            Assert.Contains(FaultsOf(text), fault => fault.Contains(got, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Deprecated_and_personal_features_are_warned_of_where_they_are_used()
    {
        var config = Check("""
            features:
              - {name: old, count: click, window: 1h, life: deprecated, owner: desk}
              - {name: mine, entity: user, count: click, window: 1d}
              - {name: more, expr: old + 1}
            policies: {home: {blend: {old: 1, mine: 1}}}
            """);
        var warnings = ConfigWarnings.Of(config).ToArray();
        Assert.Contains("policies.home.blend.old: it is deprecated; ask desk what comes instead", warnings);
        Assert.Contains("features.more: its formula uses 'old', which is deprecated", warnings);
        Assert.Contains(warnings, warning => warning.StartsWith("policies.home.blend: personal are mine", StringComparison.Ordinal));
    }

    [Fact]
    public void Rows_of_all_items_are_bounded()
    {
        var features = string.Join("\n", Enumerable.Range(1, 600).Select(i => $"  - {{name: f{i}, count: e{i}, window: 1h}}"));
        Check($"features:\n{features}");
        var fault = Assert.Single(FaultsOf($"folding: {{items: 100000000}}\nfeatures:\n{features}"));
        Assert.Contains("expected at most 64 GiB of rows", fault, StringComparison.Ordinal);
        Assert.Contains("× 100000000 items", fault, StringComparison.Ordinal);
    }

    private static NodeConfig Check(string text) => new ConfigSource(null, new Dictionary<string, string>(), []).Check("t.yaml", text);

    private static string[] FaultsOf(string text) => [.. Assert.Throws<ConfigInvalidException>(() => Check(text)).Faults.Select(fault => fault.ToString())];
}
