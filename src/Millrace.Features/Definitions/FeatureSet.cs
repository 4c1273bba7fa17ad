using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// All features of a node, checked, with the states that they, the popular lists and the ladder need. Immutable; a folder is built for one.
/// Kinds there are: <see cref="CountFeature"/>, <see cref="DecayedCountFeature"/>, <see cref="AgeFeature"/>, <see cref="CooccurrenceFeature"/>.
/// </summary>
public sealed class FeatureSet
{
    /// <summary>The window of the ladder's global list; always kept.</summary>
    public static readonly TimeSpan GlobalWindow = TimeSpan.FromHours(1);

    private readonly ImmutableSortedDictionary<string, int> _index;
    private readonly ImmutableArray<int> _stateOf;

    private FeatureSet(ImmutableArray<FeatureDefinition> definitions, ImmutableArray<StateKey> states, int similar, string listedEvent)
    {
        ListedEvent = listedEvent;
        Definitions = definitions;
        States = states;
        Similar = similar;
        _index = definitions.Select((definition, i) => KeyValuePair.Create(definition.Name, i)).ToImmutableSortedDictionary(StringComparer.Ordinal);
        _stateOf = [.. definitions.Select(definition => definition.State is { } key ? states.IndexOf(key) : -1)];
    }

    /// <summary>In ordinal order of name.</summary>
    public ImmutableArray<FeatureDefinition> Definitions { get; }

    /// <summary>The names, in ordinal order.</summary>
    public IEnumerable<string> Names => _index.Keys;

    /// <summary>The event that popular and segment lists count.</summary>
    public string ListedEvent { get; }

    /// <summary>How far back features look from now: events older than this change nothing. A half-life reaches back eight of it.</summary>
    public TimeSpan Reach => States.Max(state => state.Reach);

    internal ImmutableArray<StateKey> States { get; }

    /// <summary>The state that the source <c>similar</c> reads: the first co-occurrence feature's by name, else one of its own (click, 1 day).</summary>
    internal int Similar { get; }

    /// <summary>Checks the definitions and collects the states.</summary>
    /// <param name="definitions">The features, in any order.</param>
    /// <param name="popularWindows">Windows of popular sources, which policies name (<c>popular: 1h</c>).</param>
    /// <param name="listedEvent">The event that popular and segment lists count.</param>
    /// <exception cref="FeatureFaultsException">Something is wrong: lists every fault, each with the path of its field.</exception>
    public static FeatureSet Create(IEnumerable<FeatureDefinition> definitions, IEnumerable<TimeSpan>? popularWindows = null, string listedEvent = "click")
    {
        FeatureDefinition[] given = [.. definitions];
        TimeSpan[] windows = [.. popularWindows ?? [], GlobalWindow];
        ImmutableArray<string> faults = [.. Faults(given), .. windows.SelectMany(window => DefinitionFaults.Span("candidates.popular", window))];
        if (faults.Length > 0) throw new FeatureFaultsException(faults);
        ImmutableArray<FeatureDefinition> sorted = [.. given.OrderBy(definition => definition.Name, StringComparer.Ordinal)];
        StateKey similar = sorted.OfType<CooccurrenceFeature>().FirstOrDefault()?.State
            ?? new CooccurrenceFeature("similar", "click", TimeSpan.FromDays(1)).State;
        ImmutableArray<StateKey> states =
        [
            .. sorted.Select(definition => definition.State).OfType<StateKey>()
                .Concat(windows.Select(window => new WindowedCountsKey(listedEvent, window)))
                .Append(similar)
                .Distinct(),
        ];
        return new FeatureSet(sorted, states, states.IndexOf(similar), listedEvent);
    }

    /// <summary>Every fault of <paramref name="definitions"/>, as <c>features[i].field: expected …; got …</c>.</summary>
    public static IEnumerable<string> Faults(IReadOnlyList<FeatureDefinition> definitions)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < definitions.Count; i++)
        {
            FeatureDefinition definition = definitions[i];
            foreach (string fault in DefinitionFaults.Name(definition.Name).Concat(definition.Faults())) yield return $"features[{i}].{fault}";
            if (!names.Add(definition.Name)) yield return $"features[{i}].name: '{definition.Name}' is defined twice";
        }
    }

    /// <summary>The index of a feature in <see cref="Definitions"/>; −1 when there is none of that name.</summary>
    public int IndexOf(string name) => _index.TryGetValue(name, out int index) ? index : -1;

    /// <summary>Whether popular lists of this window are kept.</summary>
    public bool KeepsPopular(TimeSpan window) => PopularState(window) >= 0;

    internal int PopularState(TimeSpan window) => States.IndexOf(new WindowedCountsKey(ListedEvent, window));

    internal int StateOf(int definition) => _stateOf[definition];
}

/// <summary>Feature definitions are refused; nothing of them is in force.</summary>
/// <param name="faults">Each names a field, what was expected and what was got.</param>
public sealed class FeatureFaultsException(ImmutableArray<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public ImmutableArray<string> Faults { get; } = faults;
}
