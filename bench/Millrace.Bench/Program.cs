using System.Globalization;
using Millrace.Bench.Candidates;
using Millrace.Bench.Decide;
using Millrace.Bench.DeliveryCompare;
using Millrace.Bench.DeliveryHits;
using Millrace.Bench.DiskTier;
using Millrace.Bench.Eviction;
using Millrace.Bench.Features;
using Millrace.Bench.FeaturesAsOf;
using Millrace.Bench.FeaturesImage;
using Millrace.Bench.FeaturesOwnEvent;
using Millrace.Bench.Forests;
using Millrace.Bench.JournalAppend;
using Millrace.Bench.JournalRead;
using Millrace.Bench.Labels;
using Millrace.Bench.OffPolicy;
using Millrace.Bench.Slates;
using Millrace.Bench.StoreMemory;
using Millrace.Bench.Training;
using Millrace.Bench.Vectors;

// One line per benchmark: dotnet run -c Release --project bench/Millrace.Bench -- <name> [arguments]
return args switch
{
    ["journal"] => await JournalAppendBench.RunAsync(Directory.CreateTempSubdirectory("millrace-bench-").FullName, only: ""),
    ["journal", var directory] => await JournalAppendBench.RunAsync(directory, only: ""),
    ["journal", var directory, var only] => await JournalAppendBench.RunAsync(directory, only),
    ["journal-read"] => await JournalReadBench.RunAsync(Directory.CreateTempSubdirectory("millrace-bench-").FullName, 1_000_000),
    ["journal-read", var directory, var events] => await JournalReadBench.RunAsync(directory, int.Parse(events, CultureInfo.InvariantCulture)),
    ["features-asof"] => await FeaturesAsOfBench.RunAsync(Directory.CreateTempSubdirectory("millrace-bench-").FullName, LogSize.Full),
    ["features-asof", var directory, var events] => await FeaturesAsOfBench.RunAsync(
        directory, LogSize.Full with { Events = int.Parse(events, CultureInfo.InvariantCulture), Decisions = int.Parse(events, CultureInfo.InvariantCulture) / 100 }),
    ["features-image"] => FeaturesImageBench.Run(1_000_000, 2_000_000),
    ["features-own-event", var node, var directory] => await OwnEventBench.RunAsync(node, directory, rounds: 200, idle: TimeSpan.FromSeconds(20)),
    ["features-image", var items, var events] => FeaturesImageBench.Run(int.Parse(items, CultureInfo.InvariantCulture), int.Parse(events, CultureInfo.InvariantCulture)),
    ["features-persons"] => FeaturesPersonsBench.Run(1_000_000, 500_000),
    ["features-persons", var persons] => FeaturesPersonsBench.Run(int.Parse(persons, CultureInfo.InvariantCulture), 500_000),
    ["features-asof", var directory, var events, var only] => await FeaturesAsOfBench.RunAsync(
        directory, LogSize.Full with { Events = int.Parse(events, CultureInfo.InvariantCulture), Decisions = int.Parse(events, CultureInfo.InvariantCulture) / 100 }, only),
    ["journal-writer", var directory, var run] => await JournalWriter.WriteAsync(directory, run),
    ["journal-check", var directory, var acknowledged] => await JournalWriter.CheckAsync(directory, acknowledged),
    ["delivery-compare", var node, var work, var seconds, var rounds, var json, var only] =>
        await new CompareBench(node, work, double.Parse(seconds, CultureInfo.InvariantCulture), int.Parse(rounds, CultureInfo.InvariantCulture), only).RunAsync(json),
    ["eviction"] => EvictionBench.Run(),
    ["delivery-hits"] => HitBench.Run(),
    ["features-fold"] => FoldBench.Run(items: 100_000, events: 500_000, rounds: 5, alone: true),
    ["features-fold", var items, var events, var rounds] => FoldBench.Run(
        int.Parse(items, CultureInfo.InvariantCulture), int.Parse(events, CultureInfo.InvariantCulture), int.Parse(rounds, CultureInfo.InvariantCulture), alone: false),
    ["features-assemble"] => AssembleBench.Run(items: 1_000_000, events: 1_000_000, runs: 1_000, only: []),
    ["features-assemble", var items, var events, var runs, .. var only] => AssembleBench.Run(
        int.Parse(items, CultureInfo.InvariantCulture), int.Parse(events, CultureInfo.InvariantCulture), int.Parse(runs, CultureInfo.InvariantCulture), only),
    ["decide"] => await DecideBench.RunAsync(Directory.CreateTempSubdirectory("millrace-bench-").FullName, items: 100_000, decisions: 3_000, trees: 100, leaves: 31),
    ["decide", var directory, var items, var decisions, var trees, var leaves] => await DecideBench.RunAsync(
        directory, int.Parse(items, CultureInfo.InvariantCulture), int.Parse(decisions, CultureInfo.InvariantCulture), int.Parse(trees, CultureInfo.InvariantCulture), int.Parse(leaves, CultureInfo.InvariantCulture)),
    ["forest", var trees, var leaves, var rows] => ForestBench.Run(
        int.Parse(trees, CultureInfo.InvariantCulture), int.Parse(leaves, CultureInfo.InvariantCulture), int.Parse(rows, CultureInfo.InvariantCulture), TimeSpan.FromSeconds(1)),
    ["forest-golden", var directory] => GoldenModels.Write(directory),
    ["vectors", var items, var dimensions, var queries, .. var kind] => VectorBench.Run(
        int.Parse(items, CultureInfo.InvariantCulture), int.Parse(dimensions, CultureInfo.InvariantCulture), int.Parse(queries, CultureInfo.InvariantCulture), kind),
    ["candidates"] => CandidateBench.Run(items: 100_000, events: 500_000, runs: 20_000),
    ["candidates", var items, var events, var runs] => CandidateBench.Run(
        int.Parse(items, CultureInfo.InvariantCulture), int.Parse(events, CultureInfo.InvariantCulture), int.Parse(runs, CultureInfo.InvariantCulture)),
    ["first-phase", var examples, var model, var trees, var leaves, var rate, var easy, var fitted] => FirstPhaseTraining.Run(
        examples, model, int.Parse(trees, CultureInfo.InvariantCulture), int.Parse(leaves, CultureInfo.InvariantCulture), rate, float.Parse(easy, CultureInfo.InvariantCulture), double.Parse(fitted, CultureInfo.InvariantCulture)),
    ["ope"] => OffPolicyBench.Run(2_000),
    ["ope", "--seeds", var seeds] => OffPolicyBench.Run(int.Parse(seeds, CultureInfo.InvariantCulture)),
    ["labels", var directory, var decisions] => await LabelBench.RunAsync(directory, int.Parse(decisions, CultureInfo.InvariantCulture)),
    ["slate"] => SlateBench.Run(50_000),
    ["slate", var slates] => SlateBench.Run(int.Parse(slates, CultureInfo.InvariantCulture)),
    ["store-memory"] => StoreMemoryBench.Run(),
    ["disk", var directory, var megabytes] => await DiskTierBench.RunAsync(directory, long.Parse(megabytes, CultureInfo.InvariantCulture)),
    ["disk-writer", var directory, var run] => await DiskCrash.WriteAsync(directory, run),
    ["disk-check", var directory, var said] => await DiskCrash.CheckAsync(directory, said),
    ["disk-node", var node, var directory] => await new DiskNodeBench(node, directory).ManyAsync([0, 1_000, 10_000, 100_000]),
    ["disk-node-large", var node, var directory, var gigabytes] => await new DiskNodeBench(node, directory).LargeAsync(long.Parse(gigabytes, CultureInfo.InvariantCulture)),
    ["train", var directory, .. { Length: > 0 } sizes] => await TrainingBench.RunAsync(directory, [.. sizes.Select(size => long.Parse(size, CultureInfo.InvariantCulture))], trees: 100),
    ["train-parquet", var train, var valid, var rows, var trees] => await TrainingBench.ParquetAsync(train, valid, long.Parse(rows, CultureInfo.InvariantCulture), int.Parse(trees, CultureInfo.InvariantCulture)),
    ["train-text", var train, _, var rows, var trees] => TrainingBench.Text(train, long.Parse(rows, CultureInfo.InvariantCulture), int.Parse(trees, CultureInfo.InvariantCulture)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench journal [DIRECTORY [WORKLOAD]] | journal-read [DIRECTORY EVENTS] | features-asof [DIRECTORY EVENTS [SIDE]] | journal-writer DIRECTORY RUN | journal-check DIRECTORY ACKNOWLEDGED | disk DIRECTORY MEGABYTES | disk-writer DIRECTORY RUN | disk-check DIRECTORY SAID | disk-node NODE DIRECTORY | disk-node-large NODE DIRECTORY GIGABYTES | eviction | delivery-hits | features-fold [ITEMS EVENTS ROUNDS] | features-image [ITEMS EVENTS] | features-own-event NODE DIRECTORY | features-persons [PERSONS] | features-assemble [ITEMS EVENTS RUNS [PLAN...]] | candidates [ITEMS EVENTS RUNS] | first-phase EXAMPLES MODEL TREES LEAVES RATE EASY FITTED | decide [DIRECTORY ITEMS DECISIONS TREES LEAVES] | forest TREES LEAVES ROWS | forest-golden DIRECTORY | vectors ITEMS DIMENSIONS QUERIES [clustered|sphere [PASSES]] | labels DIRECTORY DECISIONS | ope [--seeds N] | slate [SLATES] | store-memory | train DIRECTORY ROWS... | delivery-compare NODE WORK SECONDS ROUNDS JSON ONLY");
    return 2;
}
