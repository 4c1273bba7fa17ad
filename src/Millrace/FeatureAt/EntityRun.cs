using System.Collections.Immutable;
using System.Globalization;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;

namespace Millrace.FeatureAt;

/// <summary>Folds what was known at a time and reads the features of an item, a user or a session from it. One use.</summary>
/// <param name="journal">What is read; nothing is written.</param>
/// <param name="features">The definitions.</param>
/// <param name="folding">The bounds and habits of the fold.</param>
/// <param name="request">Whose features.</param>
/// <param name="skipped">Told of each record that is no fact.</param>
internal sealed class EntityRun(IJournalReader journal, FeatureSet features, FeatureOptions folding, EntityRequest request, Action<Position, Exception> skipped)
{
    /// <summary>Among so many items the one is looked for that was meant.</summary>
    private const int MostCompared = 100_000;

    private readonly KnownFold _fold = new(journal, features, folding, request.AsOf, skipped);

    /// <summary>How far it is; any thread may ask.</summary>
    public string Progress => string.Create(CultureInfo.InvariantCulture, $"{_fold.Folded:N0} of some {_fold.ToFold:N0} facts folded");

    /// <exception cref="NodeStartException">No fact names what is asked about.</exception>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public async Task<EntityAnswer> RunAsync(CancellationToken cancellation)
    {
        var snapshot = await _fold.RunAsync(cancellation);
        CheckKnown(snapshot);
        var moment = MomentOf(snapshot);
        ImmutableArray<FeatureValue> values = [.. features.Definitions.Where(request.Takes).Select(definition => Read(definition, moment))];
        return new EntityAnswer(request, folding.Fingerprint(features), _fold.Folded, values, [.. await NotesAsync(snapshot, cancellation)]);
    }

    private void CheckKnown(FeatureSnapshot snapshot)
    {
        var before = $"received before {request.AsOf.Known}{(request.AsOf.Known > request.AsOf.Time ? $" and of before {request.AsOf.Time}" : "")}";
        if (request.Entity == FeatureEntity.Item && snapshot.RowOf(request.Id) < 0)
        {
            var nearest = NearestName.Of(request.Id, Enumerable.Range(0, Math.Min(snapshot.Rows, MostCompared)).Select(snapshot.Known).OfType<Features.Catalogue.CatalogueItem>().Select(item => item.Id));
            throw Unknown($"no fact {before} names item '{request.Id}'{(nearest is null ? "" : $"; is '{nearest}' meant?")}");
        }

        foreach (var (name, id, events) in ((string, string?, long)[])[("user", request.AsOf.User, _fold.Events.OfUser), ("session", request.AsOf.Session, _fold.Events.OfSession)])
        {
            if (id is not null && events == 0)
            {
                throw Unknown($"no event {before}, as far as features look back, names {name} '{id}'; events of who was erased name nobody");
            }
        }
    }

    private Moment MomentOf(FeatureSnapshot snapshot)
    {
        var moment = new Moment
        {
            Snapshot = snapshot,
            Decided = new Decided
            {
                Id = "",
                Policy = "",
                Asked = request.AsOf.Time,
                Surface = request.Surface,
                Segment = request.Segment,
                Context = request.Context ?? FactContext.None,
                Slots = request.Slot is { } slot ? [new DecidedSlot(slot, [])] : [],
            },
        };
        _fold.Read(moment.Person);
        return moment;
    }

    private FeatureValue Read(FeatureDefinition definition, Moment moment)
    {
        string[] items = [request.Entity == FeatureEntity.Item ? request.Id : ""];
        var value = new CandidateReader(features, [definition.Name]).Read(moment, items)[0];
        var isDefault = definition.Info.Default is not null && float.IsNaN(new CandidateReader(features, [definition.Name], definition.Name).Read(moment, items)[0]);
        var states = definition.Expiry is { } expiry ? definition.States.Add(expiry) : definition.States;
        var sections = definition.PersonExpiry is { } personExpiry ? definition.Sections.Add(personExpiry) : definition.Sections;
        return new FeatureValue(definition, value, isDefault, [.. states.Select(key => StateOf(key, moment.Snapshot)), .. sections.Select(key => SectionOf(key, moment))]);
    }

    private StateText StateOf(StateKey key, FeatureSnapshot snapshot)
    {
        var index = features.States.IndexOf(key);
        var row = request.Entity == FeatureEntity.Item ? snapshot.RowOf(request.Id) : -1;
        long[] numbers = row < 0 ? [] : _fold.NumbersOf(snapshot, row, index);
        return new StateText(DefinitionText.Of(key), key is CatalogueKey or PriorKey or ContextPriorKey || row < 0 ? null : _fold.Events.Of(index), string.Join(' ', numbers));
    }

    private StateText SectionOf(PersonKey key, Moment moment)
    {
        var index = features.Persons.IndexOf(key);
        var holds = features.Persons.State(key.Of, index).Describe(moment.Person.Section(key.Of, index));
        return new StateText($"{DefinitionText.Of(key)} of {(key.Of == PersonEntity.User ? "user" : "session")}", _fold.Events.Of(key.Of, index), ItemNames.In(holds, moment.Snapshot));
    }

    private async Task<List<string>> NotesAsync(FeatureSnapshot snapshot, CancellationToken cancellation)
    {
        var notes = new List<string>();
        if (request.Entity == FeatureEntity.Item && snapshot.Find(request.Id) is var item and not { Deleted: false })
        {
            notes.Add(item is null ? "only events name the item: the catalogue does not hold it, and nobody is shown it" : "the item was deleted");
        }

        if (_fold.ShortFrom is { } from)
        {
            notes.Add($"retention left events from {from} on: what looks further back knows less than a node did");
        }

        if (!_fold.Whole)
        {
            notes.Add("a bound was hit (see folding in the configuration): values may differ from those that were served");
        }

        if (await LastEpochs.BeforeAsync(journal, request.AsOf.Time, skipped, cancellation) is { } epoch && epoch.Definitions != folding.Fingerprint(features))
        {
            notes.Add($"epoch {epoch.Epoch}, of {epoch.Until}, had definitions {epoch.Definitions ?? "that nobody recorded"}: these values are what {folding.Fingerprint(features)} says");
        }

        return notes;
    }

    private static NodeStartException Unknown(string why) => new(Cli.ExitCode.Failure, why);
}
