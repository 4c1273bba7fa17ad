using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Features.Priors;

namespace Millrace.Features.Definitions;

/// <summary>
/// How many of one event there are per one of another where the request is, drawn towards what is known of the item elsewhere and of its groups here:
/// <c>{name, entity: item-context, rate: {of: click, per: impression, prior: fitted}, by: segment, contexts: [SE], groups: ["attribute:topic"], window: 1d}</c>.
/// <para>
/// The fitted prior is mean quality × context × groups in the context (<see cref="RateFactors"/>), times the item's own quality by what it earned in all other contexts beside what was expected
/// there: (n + w) / (e + w). It is worth as many successes as its variance says: 1 / (1/(n + w) + 1/κ), with κ for how much an item differs from one context to another.
/// </para>
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Of">The event above the line: click.</param>
/// <param name="Per">The event below it: impression.</param>
/// <param name="By">As of <see cref="CrossFeature"/>.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a sixtieth.</param>
/// <param name="As">How it is read.</param>
public sealed record ContextRateFeature(string Name, string Of, string Per, string By, TimeSpan Window, RateRead As = RateRead.Rate) : FeatureDefinition(Name)
{
    private const int PriorAt = 4;

    /// <summary>No rate is believed to be higher before it was tried.</summary>
    private const double MostPrior = 0.95;

    /// <inheritdoc cref="RateFeature.Strength"/>
    public double Strength { get; init; } = 20;

    /// <summary>Where the prior comes from.</summary>
    public RatePrior Prior { get; init; }

    /// <inheritdoc cref="RateFeature.Examination"/>
    public ExaminationCurve? Examination { get; init; }

    /// <summary>The parts of items that make groups, with blanks between them; at most four: <c>provider attribute:topic</c>.</summary>
    public string Groups { get; init; } = "";

    /// <summary>
    /// The values of <see cref="By"/> that have factors of their own in a fitted prior, percent-encoded, with blanks between them; all others share one set. A fit is recorded in the open and for ever: what it names a site
    /// has declared, and what only a person's request says is never in it. Empty for those that facts say in the open anyway: all surfaces, all slots.
    /// </summary>
    public string Contexts { get; init; } = "";

    public override FeatureEntity Entity => FeatureEntity.ItemContext;

    public override ImmutableArray<string> ContextKeys => ContextPart.Keys(By);

    /// <summary>The parts that <see cref="Groups"/> names.</summary>
    internal ImmutableArray<string> Parts => [.. Groups.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Values as <see cref="Contexts"/> writes them.</summary>
    public static string Written(IEnumerable<string> contexts) => string.Join(' ', contexts.Select(Uri.EscapeDataString));

    /// <summary>The hashes of <see cref="Contexts"/>; null where all have factors of their own.</summary>
    internal ImmutableHashSet<ulong>? Declared => Contexts.Length == 0 ? null : [.. Values.Select(value => ItemHash.Of(value))];

    private string[] Values => [.. Contexts.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];

    private bool IsOpen => By is "surface" or "slot";

    /// <summary>The fitted prior; its text is the name under which it is recorded.</summary>
    internal ContextPriorKey PriorState => new(Of, Per, By, Contexts, Groups, Window, Examination);

    internal CrossedCountsKey OfState => new(Of, Window, By);

    internal CrossedCountsKey PerState => Examination is null ? new CrossedCountsKey(Per, Window, By) : new CrossedExaminationsKey(Per, Window, By, Examination);

    /// <summary>The states of groups.</summary>
    internal ImmutableArray<ItemValuesKey> GroupStates => [.. Parts.Select(part => new ItemValuesKey(part))];

    /// <summary>What stands for one event in the table of <see cref="PerState"/>.</summary>
    internal double Unit => Examination is null ? 1 : CrossedExaminationsKey.One;

    internal override ImmutableArray<StateKey> States =>
    [
        OfState, PerState, new WindowedSumsKey(Of, Window), new WindowedSumsKey(Per, Window, Curve: Examination),
        .. Prior == RatePrior.Fitted ? [PriorState, .. GroupStates] : (StateKey[])[],
    ];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Of)
        .Concat(DefinitionFaults.Event(Per))
        .Concat(ContextPart.Faults(By))
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(DefinitionFaults.Between("strength", Strength, 0, 1_000_000))
        .Concat(Of == Per ? [$"rate: expected two events; got '{Of}' per '{Per}'"] : [])
        .Concat(Parts.SelectMany(part => ItemPart.Faults("groups", part)))
        .Concat(Parts.Length > ContextPriorTable.MostLevels ? [$"groups: expected at most {ContextPriorTable.MostLevels}; got {Parts.Length}"] : [])
        .Concat(Parts.Distinct(StringComparer.Ordinal).Count() < Parts.Length ? [$"groups: expected each once; got {string.Join(", ", Parts)}"] : [])
        .Concat(Prior == RatePrior.Window && Parts.Length > 0 ? ["groups: expected none, since only a fitted prior has any (rate.prior: fitted)"] : [])
        .Concat(ContextFaults())
        .Concat(Examination?.Faults() ?? []);

    private IEnumerable<string> ContextFaults()
    {
        var values = Values;
        if (Prior == RatePrior.Window && values.Length > 0) yield return "contexts: expected none, since only a fitted prior has any (rate.prior: fitted)";
        if (Prior == RatePrior.Fitted && !IsOpen && values.Length == 0)
        {
            yield return $"contexts: expected the values of {By} that have factors of their own, since the fit is recorded in the open: {By} may say what only one person's requests say";
        }

        if (values.Length > ContextPriorTable.MostContexts) yield return $"contexts: expected at most {ContextPriorTable.MostContexts}; got {values.Length}";
        if (values.Distinct(StringComparer.Ordinal).Count() < values.Length) yield return $"contexts: expected each once; got {string.Join(", ", values)}";
    }

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        if (ContextPart.HashOf(By, read) is not { } value)
        {
            return;
        }

        var here = new Counts(read.State<CrossedCounts.Frozen>(0), read.State<CrossedCounts.Frozen>(1), Unit);
        if (Prior == RatePrior.Fitted && read.State<ContextPrior.Frozen>(PriorAt) is { Table: { } table } fitted)
        {
            Read(read, here, table, value, fitted, column);
        }
        else
        {
            Read(read, here, value, WindowMean(read), column);
        }

        read.Blank(column);
    }

    private double WindowMean(in FeatureRead read)
    {
        var (of, per) = (read.State<WindowedSums.Frozen>(2), read.State<WindowedSums.Frozen>(3));
        var all = (double)per.Total / (Examination is null ? 1 : ExaminationCurve.One);
        return all > 0 ? Math.Min(1, (double)of.Total / all) : 0;
    }

    private void Read(in FeatureRead read, Counts here, ulong value, double mean, Span<float> column)
    {
        var rows = read.Rows;
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0)
            {
                var (successes, trials) = here.Of(rows[i], read.Row(i), value);
                column[i] = Value(successes + (Strength * mean), trials + Strength);
            }
        }
    }

    private void Read(in FeatureRead read, Counts here, ContextPriorTable table, ulong value, ContextPrior.Frozen fitted, Span<float> column)
    {
        var groups = fitted.Groups ??= GroupsOf(read);
        var rows = read.Rows;
        var context = table.IndexOf(value);
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] < 0)
            {
                continue;
            }

            var row = read.Row(i);
            var (successes, trials) = here.Of(rows[i], row, value);
            var rate = table.Rate(context, row, groups);
            var (earned, expected) = EvidenceOf(here, rows[i], row, table, groups, fitted.Evidence);
            if (context != table.Rest)
            {
                (earned, expected) = (Math.Max(0, earned - successes), Math.Max(0, expected - (trials * rate)));
            }

            var known = earned + table.ItemWorth;
            var prior = Math.Min(MostPrior, rate * known / (expected + table.ItemWorth));
            var worth = 1 / ((1 / known) + (1 / table.HereWorth));
            column[i] = Value(successes + worth, trials + (worth / prior));
        }
    }

    /// <summary>The same for all who read the snapshot: of two at a time either may be kept.</summary>
    private CatalogueState.Frozen[] GroupsOf(in FeatureRead read)
    {
        var groups = new CatalogueState.Frozen[Parts.Length];
        for (var level = 0; level < groups.Length; level++)
        {
            groups[level] = read.State<CatalogueState.Frozen>(PriorAt + 1 + level);
        }

        return groups;
    }

    private static (double Successes, double Expected) EvidenceOf(
        Counts here, int number, CellRow row, ContextPriorTable table, ReadOnlySpan<CatalogueState.Frozen> groups, ItemEvidence evidence)
    {
        if (evidence.TryFind(number, out var successes, out var expected))
        {
            return (successes, expected);
        }

        if (here.Any(row))
        {
            Span<double> rates = stackalloc double[ContextPriorTable.MostContexts];
            table.Rates(row, groups, rates);
            for (var c = 0; c < table.Rest; c++)
            {
                var (won, tried) = here.Of(number, row, table.Contexts[c]);
                (successes, expected) = (successes + won, expected + (tried * rates[c]));
            }
        }

        evidence.Set(number, successes, expected);
        return (successes, expected);
    }

    private float Value(double successes, double trials) => (float)(As switch
    {
        RateRead.Successes => successes,
        RateRead.Trials => trials,
        // A click at a low rank counts whole, a look there less.
        _ => trials > 0 ? Math.Min(1, successes / trials) : double.NaN,
    });

    /// <summary>What stands above and below the line.</summary>
    private readonly struct Counts(CrossedCounts.Frozen of, CrossedCounts.Frozen per, double unit)
    {
        internal bool Any(CellRow row) => of.All(row) != 0 || per.All(row) != 0;

        internal (double Successes, double Trials) Of(int number, CellRow row, ulong value) =>
            (of.All(row) == 0 ? 0 : of.Count(number, value), per.All(row) == 0 ? 0 : per.Count(number, value) / unit);
    }
}

/// <summary>How a rate in a context is read.</summary>
public enum RateRead
{
    /// <summary>Successes by trials, those of the prior among them; at most 1.</summary>
    Rate,

    /// <summary>Successes, those of the prior among them: a head's <c>beta</c> takes them.</summary>
    Successes,

    /// <summary>Trials, those of the prior among them.</summary>
    Trials,
}
