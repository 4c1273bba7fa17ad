using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Models.Policies;
using Millrace.Node;

namespace Millrace.Tests.Features.PointInTime;

/// <summary>
/// A node's folding and deciding on virtual time and a journal in memory, step by step: facts arrive, in time or late, in either partition, items sometimes after their events;
/// what is durable is folded at any moment, ahead of the epoch; decisions are written behind, late and in any order; users take their consent back and give it again; and now and then
/// everything but the journal is lost. Before it there may be facts that nothing looks back on any more, so that folding begins after them.
/// </summary>
internal sealed class ServedHistory : IAsyncDisposable
{
    internal const int Items = 12;

    private readonly Meter _meter = new("Millrace.Test");
    private readonly FeatureSet _features;
    private readonly Policy _policy;
    private readonly List<Decided> _behind = [];
    private FeatureFolding _folding = null!;
    private FeatureFolder _folder = null!;
    private Decider _decider = null!;
    private int _ids;

    /// <param name="features">The features that are served.</param>
    /// <param name="older">How many events are older than anything looks back.</param>
    internal ServedHistory(FeatureSet features, int older = 0)
    {
        _features = features;
        Journal = new MemoryJournal(Clock, new MemoryJournalOptions { Partitions = 2 });
        for (var i = 0; i < older; i++)
        {
            Journal.AppendAsync(Event(new Step(4, i % Items, 1 + (i % 5), 0, 0))).AsTask().GetAwaiter().GetResult();
        }

        Clock.Advance(older > 0 ? TimeSpan.FromDays(400) : TimeSpan.Zero);
        From = Now;
        _policy = new Policy
        {
            Name = "home",
            Version = 1,
            Candidates = [new CandidateSource(CandidateSourceKind.Popular, 20, FeatureSet.GlobalWindow), new CandidateSource(CandidateSourceKind.Recent, 20)],
            Blend = features.Names.ToImmutableSortedDictionary(name => name, _ => 1.0, StringComparer.Ordinal),
            ExcludeSeen = false,
        };
        Restart();
    }

    internal FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    internal MemoryJournal Journal { get; }

    internal int Decisions { get; private set; }

    /// <summary>The time of the last epoch.</summary>
    internal UnixMicros Frozen => _folder.Current.Time;

    internal UnixMicros Now => UnixMicros.Now(Clock);

    /// <summary>When it began.</summary>
    internal UnixMicros From { get; }

    internal async Task TakeAsync(Step step)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(step.Gap));
        switch (step.Kind)
        {
            case 0:
                await Journal.AppendAsync(Item(step));
                break;
            case 1 or 2 or 3 or 4:
                await Journal.AppendAsync(Event(step));
                break;
            case 5:
                await _folding.FoldArrivedAsync(default);
                break;
            case 6:
                await _folding.StepAsync(default);
                break;
            case 7 or 8:
                Decide(step);
                break;
            case 9 when step.Item < 2:
                await RestartAsync();
                break;
            case 11:
                await Journal.AppendAsync(Consent(step));
                break;
            default:
                await WriteAsync(step.Item % 3);
                break;
        }
    }

    /// <summary>Writes what is still behind.</summary>
    internal Task EndAsync() => WriteAsync(_behind.Count);

    public async ValueTask DisposeAsync()
    {
        await _folding.DisposeAsync();
        await Journal.DisposeAsync();
        _meter.Dispose();
    }

    private async Task RestartAsync()
    {
        await _folding.DisposeAsync();
        Restart();
        await _folding.StepAsync(default);
    }

    private void Restart()
    {
        _folder = new FeatureFolder(_features, new FeatureOptions());
        // One shard, so that whoever may disturb another does.
        var persons = new EmbeddedPersonStore(_features.Persons, 2, maxPersons: 100);
        _folding = new FeatureFolding(Journal, _folder, persons, Clock, new Readiness(), _meter, NullLogger.Instance);
        var policies = PolicySet.Create([_policy], [new Surface("home", "home", [new Slot("main", 4)])], _features);
        _decider = new Decider(new DeciderOptions(), Clock, new ServingTable(new Serving(policies, () => _folder.Current, persons)), new Behind(_behind));
    }

    private void Decide(Step step)
    {
        if (_folder.Current.Epoch == 0)
        {
            return;
        }

        Decisions++;
        var context = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("utcOffset", "60").Add("country", $"c{step.Item % 3}");
        _decider.Decide(new DecideRequest
        {
            DecisionId = $"d{_ids++}",
            Surface = "home",
            Session = step.Session == 0 ? null : $"s{step.Session}",
            User = step.Session % 2 == 0 ? null : $"u{step.Session % 3}",
            Context = context,
            Candidates = step.Kind == 7 ? default : [new RequestCandidate($"i{step.Item}", Given(step)), new RequestCandidate("stranger", Given(step).Clear())],
        });
    }

    private ImmutableSortedDictionary<string, float> Given(Step step) =>
        ImmutableSortedDictionary.Create<string, float>(StringComparer.Ordinal).Add(_features.Names.First(), step.Late);

    private async Task WriteAsync(int most)
    {
        for (; most > 0 && _behind.Count > 0; most--)
        {
            var at = _behind.Count % 2 == 0 ? 0 : _behind.Count - 1;
            await Journal.AppendAsync(_behind[at]);
            _behind.RemoveAt(at);
        }
    }

    private ItemChanged Item(Step step) => new()
    {
        Id = $"f{_ids++}",
        Item = $"i{step.Item}",
        Provider = $"p{step.Item % 3}",
        Kind = step.Session % 2 == 0 ? "story" : "video",
        Deleted = step.Late > 55,
        Time = Now,
        Attributes = ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal)
            .Add("topic", [$"t{step.Item % 4}", $"t{step.Session}"]).Add("title", [$"news of {step.Item % 5} and {step.Session}"]),
    };

    private ConsentChanged Consent(Step step) => new() { Id = $"f{_ids++}", User = $"u{step.Session % 3}", Personalise = step.Item % 2 == 0, Time = Now };

    private Observed Event(Step step) => new()
    {
        Id = $"f{_ids++}",
        Event = step.Kind switch { 1 => "impression", 2 => "dwell", _ => "click" },
        Item = $"i{step.Item}",
        Surface = "home",
        Rank = 1 + (step.Item % 4),
        ValueMicros = step.Kind == 2 ? step.Late * 1_000_000L : null,
        Unit = step.Kind == 2 ? "s" : null,
        Session = step.Session == 0 ? null : $"s{step.Session}",
        User = step.Session % 2 == 0 ? null : $"u{step.Session % 3}",
        Segment = step.Late % 2 == 0 ? null : $"g{step.Late % 3}",
        Time = Now - TimeSpan.FromMinutes(step.Late > 40 ? step.Late * 3 : 0),
    };

    internal sealed record Step(int Kind, int Item, int Session, int Late, int Gap);

    private sealed class Behind(List<Decided> behind) : IDecisionSink
    {
        public void Write(Decided decision) => behind.Add(decision);
    }
}
