using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Node;
using Millrace.Node.Configuration;
using Millrace.Tests.World;

namespace Millrace.Tests.Demo;

/// <summary>The folder, the user state and the decider of a node, with the features and policies of a <c>millrace.yaml</c>, on the audience's clock.</summary>
internal sealed class PolicyRanker : IVirtualRanker
{
    private readonly TimeProvider _clock;
    private readonly FeatureFolder _folder;
    private readonly EmbeddedPersonStore _persons;
    private readonly Decider _decider;
    private long _facts;
    private DateTimeOffset _frozen;

    public PolicyRanker(string config, TimeProvider clock)
    {
        _clock = clock;
        var read = new ConfigSource(null, new Dictionary<string, string>(), []).Check("millrace.yaml", config);
        var features = FeatureSet.Create(read.Features, PolicyWindows.Of(read.Policies.Values));
        _folder = new FeatureFolder(features, new FeatureOptions());
        _persons = new EmbeddedPersonStore(features.Persons, 1);
        _decider = new Decider(
            new DeciderOptions { Timeout = Timeout.InfiniteTimeSpan, FullShare = 0, RememberedBytes = 0 },
            clock,
            new ServingTable(new Serving(PolicySet.Create(read.Policies.Values, read.Surfaces.Values, features), () => _folder.Current, _persons)));
    }

    public void Publish(string id, JsonElement item) => Fold(new ItemChanged
    {
        Id = id,
        Item = id,
        Published = Time(item.GetProperty("published")),
        Expires = Time(item.GetProperty("expires")),
        Time = UnixMicros.Now(_clock),
        Received = UnixMicros.Now(_clock),
    });

    public void Observe(JsonElement happened) => Fold(new Observed
    {
        Id = happened.GetProperty("id").GetString()!,
        Event = happened.GetProperty("type").GetString()!,
        Item = happened.GetProperty("item").GetString()!,
        User = happened.GetProperty("user").GetString(),
        Session = happened.GetProperty("session").GetString(),
        Rank = happened.GetProperty("position").GetInt32(),
        Time = UnixMicros.Now(_clock),
        Received = UnixMicros.Now(_clock),
    });

    public IReadOnlyList<string> Decide(JsonElement request)
    {
        var now = _clock.GetUtcNow();
        if (now - _frozen >= FeatureFolding.Interval)
        {
            _folder.Freeze(UnixMicros.Now(_clock));
            _frozen = now;
        }

        var decided = _decider.Decide(new DecideRequest
        {
            DecisionId = request.GetProperty("decisionId").GetString()!,
            Surface = request.GetProperty("surface").GetString()!,
            User = request.GetProperty("user").GetString(),
            Session = request.GetProperty("session").GetString(),
            Context = request.GetProperty("context").EnumerateObject()
                .ToImmutableSortedDictionary(pair => pair.Name, pair => pair.Value.GetString()!, StringComparer.Ordinal),
        });
        return [.. decided.Slots[0].Items.Select(item => item.Item)];
    }

    private void Fold(Fact fact)
    {
        // One partition for all: only the order within a session matters, and that is kept.
        var stored = new StoredFact(new Position(fact.Stream, 0, _facts++), fact);
        _folder.Apply(stored);
        _persons.Observe(stored);
    }

    private static UnixMicros Time(JsonElement text) => UnixMicros.From(text.GetDateTimeOffset());
}
