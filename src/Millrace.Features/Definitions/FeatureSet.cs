using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Millrace.Features.Expressions;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// All features of a node, checked, with the states that they, the popular lists and the ladder need. Immutable; a folder is built for one.
/// A kind of feature is an heir of <see cref="FeatureDefinition"/>.
/// </summary>
public sealed class FeatureSet
{
    /// <summary>
    /// Raised whenever code folds or reads the same facts otherwise (weights, buckets, hashes), so that values change: epochs and snapshots of another are not believed, and
    /// decisions of before cannot be built any more.
    /// </summary>
    internal const int FoldVersion = 4;

    /// <summary>Raised where values stay and only rows or states lie otherwise in snapshots of items: those of another are not believed, and epochs are.</summary>
    internal const int RowLayout = 3;

    /// <summary>The window of the ladder's global list; always kept.</summary>
    public static readonly TimeSpan GlobalWindow = TimeSpan.FromHours(1);

    private const string ListedClicks = "click";

    private readonly ImmutableSortedDictionary<string, int> _index;
    private readonly ImmutableArray<BoundFeature> _bound;
    private readonly ImmutableArray<FeatureClosure> _closures;
    private readonly ConditionalWeakTable<object, ReadPlan> _plans = [];

    private FeatureSet(ImmutableArray<FeatureDefinition> definitions, ImmutableArray<StateKey> states, CooccurrenceFeature similar, string listedEvent, int seen, SourceWindows windows)
    {
        ListedEvent = listedEvent;
        SegmentWindows = windows.Segments;
        History = windows.History is { } history ? new ItemHistoryKey(PersonEntity.User, ListedClicks, PersonItems.Most, history) : null;
        Definitions = definitions;
        States = states;
        SimilarPairs = similar;
        Similar = states.IndexOf(similar.Pairs);
        Persons = new PersonLayout(History is null ? definitions.SelectMany(SectionsOf) : definitions.SelectMany(SectionsOf).Append(History), seen);
        ContextKeys = [.. definitions.SelectMany(definition => definition.ContextKeys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        _index = definitions.Select((definition, i) => KeyValuePair.Create(definition.Name, i)).ToImmutableSortedDictionary(StringComparer.Ordinal);
        _bound = [.. definitions.Select(Bind)];
        _closures = FeatureClosure.Of(definitions, IndexOf);
        Fingerprint = FingerprintOf(definitions, states, Persons, SegmentWindows);
    }

    /// <summary>In ordinal order of name.</summary>
    public ImmutableArray<FeatureDefinition> Definitions { get; }

    /// <summary>The names, in ordinal order.</summary>
    public IEnumerable<string> Names => _index.Keys;

    /// <summary>Which sections persons have.</summary>
    public PersonLayout Persons { get; }

    /// <summary>The context attributes that features read, in ordinal order: decisions record them.</summary>
    public ImmutableArray<string> ContextKeys { get; }

    /// <summary>Sixteen hexadecimal digits that are equal for sets which give equal values: what epochs are recorded with.</summary>
    public string Fingerprint { get; }

    /// <summary>The event that popular and segment lists count.</summary>
    public string ListedEvent { get; }

    /// <summary>How far back features look from now, of items and of persons: events older than this change nothing. A half-life reaches back eight of it.</summary>
    public TimeSpan Reach => States.Select(state => state.Reach).Concat(Definitions.Select(definition => definition.Reach)).Concat(SegmentWindows).Append(History?.Reach ?? default).Max();

    internal ImmutableArray<StateKey> States { get; }

    /// <summary>Windows of the lists that each segment has beside the ladder's.</summary>
    internal ImmutableArray<TimeSpan> SegmentWindows { get; }

    /// <summary>The section of a user's clicks that the source <c>alsoLiked</c> reads; null when none does.</summary>
    internal ItemHistoryKey? History { get; }

    /// <summary>The state that the source <c>similar</c> reads: the first co-occurrence feature's by name, else one of its own (click, 1 day).</summary>
    internal int Similar { get; }

    /// <summary>The feature whose pairs those are.</summary>
    internal CooccurrenceFeature SimilarPairs { get; }

    /// <summary>Checks the definitions and collects the states.</summary>
    /// <param name="definitions">The features, in any order.</param>
    /// <param name="popularWindows">Windows of popular sources, which policies name (<c>popular: 1h</c>).</param>
    /// <param name="listedEvent">The event that popular and segment lists count.</param>
    /// <param name="seen">How many seen items are kept of each session and user.</param>
    /// <exception cref="FeatureFaultsException">Something is wrong: lists every fault, each with the path of its field.</exception>
    public static FeatureSet Create(
        IEnumerable<FeatureDefinition> definitions, IEnumerable<TimeSpan>? popularWindows = null, string listedEvent = "click", int seen = PersonLayout.MostSeen) =>
        Create(definitions, new SourceWindows { Popular = [.. popularWindows ?? []] }, listedEvent, seen);

    /// <summary>Checks the definitions and collects the states, with all that candidate sources want kept.</summary>
    /// <param name="definitions">The features, in any order.</param>
    /// <param name="sources">What candidate sources want kept.</param>
    /// <param name="listedEvent">The event that popular and segment lists count.</param>
    /// <param name="seen">How many seen items are kept of each session and user.</param>
    /// <exception cref="FeatureFaultsException">Something is wrong: lists every fault, each with the path of its field.</exception>
    public static FeatureSet Create(
        IEnumerable<FeatureDefinition> definitions, SourceWindows sources, string listedEvent = "click", int seen = PersonLayout.MostSeen)
    {
        FeatureDefinition[] given = [.. definitions];
        TimeSpan[] windows = [.. sources.Popular, GlobalWindow];
        ImmutableArray<string> faults =
        [
            .. Faults(given),
            .. windows.Concat(sources.Segments).SelectMany(window => DefinitionFaults.Span("candidates.popular", window)),
            .. sources.History is { } history ? DefinitionFaults.Span("candidates.alsoLiked", history) : [],
        ];
        if (faults.Length > 0) throw new FeatureFaultsException(faults);
        ImmutableArray<FeatureDefinition> sorted = [.. given.OrderBy(definition => definition.Name, StringComparer.Ordinal)];
        CooccurrenceFeature similar = sorted.OfType<CooccurrenceFeature>().FirstOrDefault() ?? new CooccurrenceFeature("similar", "click", TimeSpan.FromDays(1));
        ImmutableArray<StateKey> states =
        [
            .. sorted.SelectMany(StatesOf)
                .Concat(windows.Select(window => new ListedCountsKey(listedEvent, window)))
                .Append(similar.Pairs)
                .Distinct(),
        ];
        return new FeatureSet(sorted, states, similar, listedEvent, seen, sources with { Segments = [.. sources.Segments.Distinct().Order()] });
    }

    /// <summary>Every fault of <paramref name="definitions"/>, as <c>features[i].field: expected …; got …</c>.</summary>
    public static IEnumerable<string> Faults(IReadOnlyList<FeatureDefinition> definitions)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < definitions.Count; i++)
        {
            FeatureDefinition definition = definitions[i];
            foreach (string fault in DefinitionFaults.Name(definition.Name).Concat(definition.Faults()).Concat(definition.InfoFaults())) yield return $"features[{i}].{fault}";
            if (!names.Add(definition.Name)) yield return $"features[{i}].name: '{definition.Name}' is defined twice";
        }

        for (int i = 0; i < definitions.Count; i++)
        {
            foreach (string input in definitions[i].Inputs.Where(input => !names.Contains(input))) yield return $"features[{i}]: there is no feature '{input}'";
        }

        foreach (var cycle in DependencyCycles.Find(definitions.Select(definition => (definition.Name, definition.Inputs))))
        {
            yield return $"features: {string.Join(" reads ", cycle.Append(cycle[0]))}, which is a cycle";
        }
    }

    /// <summary>The index of a feature in <see cref="Definitions"/>; −1 when there is none of that name.</summary>
    public int IndexOf(string name) => _index.TryGetValue(name, out int index) ? index : -1;

    /// <summary>Whether popular lists of this window are kept.</summary>
    public bool KeepsPopular(TimeSpan window) => PopularState(window) >= 0;

    /// <summary>Whether each segment has a popular list of this window.</summary>
    public bool KeepsSegments(TimeSpan window) => SegmentWindows.Contains(window);

    /// <summary>Whether clicks of users are kept for so long.</summary>
    public bool KeepsHistory(TimeSpan window) => History is { } history && history.Reach >= window;

    internal int PopularState(TimeSpan window) => States.IndexOf(new ListedCountsKey(ListedEvent, window));

    /// <summary>A definition with the places of what it reads.</summary>
    internal BoundFeature Bound(int definition) => _bound[definition];

    /// <summary>What the feature of that name reads, inputs and all; null when there is none here.</summary>
    internal FeatureClosure? ClosureOf(FeatureDefinition feature) => IndexOf(feature.Name) is var index and >= 0 ? _closures[index] : null;

    /// <summary>How the columns of <paramref name="names"/> are read, made once as long as <paramref name="owner"/> lives.</summary>
    /// <param name="owner">Whose columns they are: a policy's blend.</param>
    /// <param name="names">Their names, in order, always the same for one owner.</param>
    internal ReadPlan Plan(object owner, IEnumerable<string> names) =>
        _plans.TryGetValue(owner, out var plan) ? plan : _plans.GetValue(owner, _ => new ReadPlan(this, names));

    private static string FingerprintOf(IEnumerable<FeatureDefinition> definitions, IEnumerable<StateKey> states, PersonLayout persons, ImmutableArray<TimeSpan> segments)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"fold {FoldVersion}\n");
        foreach (var definition in definitions)
        {
            text.Append(definition with { Info = new FeatureInfo { Default = definition.Info.Default, Ttl = definition.Info.Ttl } }).Append('\n');
        }

        text.AppendJoin('\n', states);
        foreach (var of in Enum.GetValues<PersonEntity>())
        {
            text.Append('\n').AppendJoin('\n', persons.Keys(of));
        }

        // Only where there are any: sets of earlier releases keep their fingerprint, and so their epochs.
        if (!segments.IsEmpty) text.Append("\nsegments ").AppendJoin(' ', segments.Select(window => window.Ticks));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 8));
    }

    private BoundFeature Bind(FeatureDefinition definition) => new(
        definition,
        [.. definition.States.Select(state => States.IndexOf(state))],
        [.. definition.Sections.Select(section => (section.Of, Persons.IndexOf(section)))],
        [.. definition.Inputs.Select(IndexOf)])
    {
        Expiry = definition.Expiry is { } expiry ? States.IndexOf(expiry) : -1,
        PersonExpiry = definition.PersonExpiry is { } section ? Persons.IndexOf(section) : -1,
        SectionKeys = definition.Sections,
        PersonExpiryKey = definition.PersonExpiry,
        ContextKeys = definition.ContextKeys,
    };

    private static IEnumerable<StateKey> StatesOf(FeatureDefinition definition) =>
        definition.Expiry is { } expiry ? definition.States.Add(expiry) : definition.States;

    private static IEnumerable<PersonKey> SectionsOf(FeatureDefinition definition) =>
        definition.PersonExpiry is { } expiry ? definition.Sections.Add(expiry) : definition.Sections;
}

/// <summary>Feature definitions are refused; nothing of them is in force.</summary>
/// <param name="faults">Each names a field, what was expected and what was got.</param>
public sealed class FeatureFaultsException(ImmutableArray<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public ImmutableArray<string> Faults { get; } = faults;
}
