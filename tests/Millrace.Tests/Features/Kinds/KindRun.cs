using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features.Kinds;

/// <summary>A folder and a person store that take the same facts, and what features read from both.</summary>
internal sealed class KindRun
{
    private readonly ReadScratch _scratch = new();
    private readonly PersonBuffer _person = new();
    private readonly FeatureSet _features;

    internal KindRun(FeatureSet features, FeatureOptions? options = null, int maxPersons = 1_000_000)
    {
        _features = features;
        Folder = new FeatureFolder(features, options ?? new FeatureOptions());
        Persons = new EmbeddedPersonStore(features.Persons, 2, maxPersons: maxPersons);
    }

    internal FeatureFolder Folder { get; }

    internal EmbeddedPersonStore Persons { get; }

    internal KindRun Take(params IEnumerable<StoredFact> facts)
    {
        foreach (var fact in facts)
        {
            Folder.Apply(fact);
            Persons.Observe(fact);
        }

        return this;
    }

    /// <summary>Every feature of every item, and of one that nobody knows, by item and name.</summary>
    internal Dictionary<string, Dictionary<string, float>> Read(FeatureSnapshot snapshot, IEnumerable<string> items, UnixMicros asked, Asker who)
    {
        string[] ids = [.. items, "stranger"];
        int[] rows = [.. ids.Select(snapshot.RowOf)];
        Persons.Read("default", who.User, who.Session, _person);
        string[] names = [.. _features.Names];
        var matrix = new float[ids.Length * names.Length];
        var inputs = new ReadInputs
        {
            Snapshot = snapshot,
            Rows = rows,
            Person = _person,
            Asked = asked,
            Context = who.Context,
            Surface = who.Surface,
            Segment = who.Segment,
            Slot = who.Slot,
        };
        new ReadPlan(_features, names).Run(inputs, _scratch, matrix);
        return ids.Select((id, row) => (id, row)).ToDictionary(
            item => item.id,
            item => names.Select((name, column) => (name, column)).ToDictionary(n => n.name, n => matrix[(item.row * names.Length) + n.column], StringComparer.Ordinal),
            StringComparer.Ordinal);
    }
}

/// <summary>Who asks, and where.</summary>
internal sealed record Asker(string? User, string? Session)
{
    internal string Surface { get; init; } = "f1";

    internal string? Segment { get; init; } = "g1";

    internal string? Slot { get; init; }

    internal ImmutableSortedDictionary<string, string> Context { get; init; } = FactContext.None;
}
