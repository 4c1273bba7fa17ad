using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Tests.Models.Trees;

namespace Millrace.Tests.Decisions;

/// <summary>Decisions by the golden models, whose six features the request gives.</summary>
internal static class HeadModels
{
    internal static readonly string[] Names = ["f0", "f1", "f2", "f3", "f4", "f5"];

    internal static readonly FeatureSet Features = FeatureSet.Create([.. Names.Select(static name => new CountFeature(name, name, TimeSpan.FromHours(1)))]);

    /// <summary>A head by a golden model, which then is on the shelf.</summary>
    internal static ForestHead Forest(MemoryModelShelf shelf, string name, ForestOutput output, int @class = 0)
    {
        string digest = shelf.Add(GoldenFiles.Model(name, Names));
        return new ForestHead(digest, shelf.Forest(digest)!.FeaturesRead(), output, @class);
    }

    /// <summary>Decides over candidates c0, c1 … whose features are given by row.</summary>
    internal static Decided Decide(DecisionHarness harness, MemoryModelShelf shelf, Policy policy, IEnumerable<float[]> rows, int places = 100)
    {
        var folder = new FeatureFolder(Features, new FeatureOptions());
        folder.Freeze(UnixMicros.Now(harness.Clock));
        var decider = new Decider(
            new DeciderOptions { RememberedBytes = 0 },
            harness.Clock,
            new ServingTable(new Serving(PolicySet.Create([policy], [new Surface("home", "home", [new Slot("main", places)])], Features, shelf), () => folder.Current, new EmbeddedPersonStore(Features.Persons, 1))),
            faulted: static fault => Assert.Fail(fault.ToString()));
        return decider.Decide(DecisionHarness.Ask("d") with
        {
            Candidates = [.. rows.Select(static (row, i) => DecisionHarness.Candidate($"c{i}", [.. row.Select(static (value, column) => (Names[column], value))]))],
        });
    }
}
