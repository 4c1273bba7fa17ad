using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Tests.Decisions.Candidates;

/// <summary>Twelve items in three topics, a folder and persons over them, and the candidate stage of a policy alone, on virtual time.</summary>
internal sealed class SourceHarness
{
    internal const int Items = 12;

    internal static readonly ImmutableArray<FeatureDefinition> Features =
    [
        new CooccurrenceFeature("with", "click", TimeSpan.FromDays(1)) { Span = 3, Symmetric = true, Depth = 3, Fade = 0.5, Shrink = 2 },
        new AffinityFeature("topics", FeatureEntity.User, "click", "attribute:topic", TimeSpan.FromDays(7)),
        new EmbeddingSimilarityFeature("near", FeatureEntity.User, "click", 8),
        new CountFeature("shown", "impression", TimeSpan.FromDays(1)),
        new ExaminedCountFeature("looked", "impression", null, TimeSpan.FromDays(1), ExaminationCurve.Default),
        new PastFeature("hidden", FeatureEntity.User, "hide", TimeSpan.FromDays(30)),
    ];

    private readonly Policy _policy;
    private readonly IModelShelf _shelf;
    private readonly Workspace _work = new();
    private readonly EmbeddedPersonStore _persons;
    private long _offset;

    internal SourceHarness(Policy policy, FeatureOptions? options = null, IModelShelf? shelf = null)
    {
        (_policy, _shelf) = (policy, shelf ?? MemoryModelShelf.Empty);
        Set = FeatureSet.Create(Features, PolicyWindows.Of([policy]));
        Assert.Empty(PolicyValidator.Faults(policy, Set));
        Folder = new FeatureFolder(Set, options ?? new FeatureOptions());
        _persons = new EmbeddedPersonStore(Set.Persons, 1);
        for (int i = 0; i < Items; i++) Put(i);
    }

    internal FeatureSet Set { get; }

    internal FeatureFolder Folder { get; }

    internal FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>Follows every snapshot before it is asked, when there are any.</summary>
    internal NeighbourIndexes? Neighbours { get; init; }

    internal List<DegradedReason> Reasons { get; } = [];

    internal List<Exception> Faults { get; } = [];

    /// <summary>How many items each filter of the policy turned away.</summary>
    internal int[] Dropped => _work.Dropped.ToArray();

    internal static Policy Of(params CandidateSource[] sources) => new() { Name = "home", Candidates = [.. sources], Segment = "country", ExcludeSeen = false };

    internal static float[] Embedding(int item) => [.. Enumerable.Range(0, 8).Select(place => (float)Math.Cos((item + 1) * (place + 1)))];

    internal void Put(int item, Func<ItemChanged, ItemChanged>? with = null)
    {
        var changed = new ItemChanged
        {
            Id = $"put{_offset}",
            Item = $"i{item}",
            Provider = $"p{item % 4}",
            Published = Now - TimeSpan.FromHours(item + 1),
            Time = Now,
            Attributes = ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal)
                .Add("topic", [$"t{item % 3}"]).Add("stock", [$"{item}"]),
            Embedding = [.. Embedding(item)],
        };
        Folder.Apply(new StoredFact(new Position(JournalStream.Items, 0, _offset++), with?.Invoke(changed) ?? changed));
    }

    internal void Event(string user, int item, string @event = "click", TimeSpan ago = default, string? segment = null, string? session = null)
    {
        var stored = new StoredFact(
            new Position(JournalStream.Events, 0, _offset++),
            new Observed { Id = $"e{_offset}", Event = @event, Item = $"i{item}", User = user, Session = session ?? $"of-{user}", Segment = segment, Time = Now - ago });
        Folder.Apply(stored);
        _persons.Observe(stored);
    }

    internal (string Item, uint Sources)[] Gather(
        string? user = null, string? segment = null, CandidatePlan? plan = null, TimeSpan? within = null, Func<DecideRequest, DecideRequest>? with = null,
        Rung rung = Rung.Full, TimeProvider? clock = null)
    {
        FeatureSnapshot snapshot = Folder.Freeze(Now);
        Neighbours?.Follow(PolicySet.Create([_policy], [], Set, _shelf), snapshot);
        var request = new DecideRequest { DecisionId = "d", Surface = "home", User = user, Session = user is null ? null : $"of-{user}" };
        if (segment is not null) request = request with { Context = request.Context.Add("country", segment) };
        request = with?.Invoke(request) ?? request;
        _work.Person.Clear();
        if (user is not null) _persons.Read("default", user, $"of-{user}", _work.Person);
        _work.Begin(snapshot, Now, 1000);
        var surface = new Surface("home", "home", [new Slot("main", 6)]);
        var asked = new Request(request, surface, _policy, snapshot, Now, 0) { Candidates = plan ?? new CandidatePlan(_policy, Set, _shelf), Plan = null!, Context = FactContext.None, Neighbours = Neighbours };
        long until = within is { } time ? Clock.GetTimestamp() + (long)(time.TotalSeconds * Clock.TimestampFrequency) : long.MaxValue;
        new CandidateGatherer(clock ?? Clock, Faults.Add).Gather(_work, asked, rung, [RequestSlot.Of(surface.Slots[0])], until, Reasons);
        if (_work.Sink.Fused.Count > 0) Assert.True(FirstPhaseStep.Cut(_work, asked, byPoints: false, Faults.Add));
        return [.. _work.Ids.Take(_work.Count).Zip(_work.Sources)];
    }

    internal UnixMicros Now => UnixMicros.Now(Clock);
}
