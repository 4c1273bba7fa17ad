using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Bench.Features;

/// <summary>How many events a second one thread folds with the features of the demo; the processor's time of the thread, freezes included.</summary>
internal static class FoldBench
{
    private const int Epoch = 100_000;

    /// <param name="items">Items in the catalogue.</param>
    /// <param name="events">Events of one round.</param>
    /// <param name="rounds">Rounds; the first warms up.</param>
    /// <param name="alone">Whether each feature is folded alone as well.</param>
    internal static int Run(int items, int events, int rounds, bool alone)
    {
        var world = new FeatureWorld(items);
        var folder = new FeatureFolder(FeatureWorld.Features, new FeatureOptions());
        var persons = new EmbeddedPersonStore(FeatureWorld.Features.Persons, 1);
        foreach (var item in world.Catalogue())
        {
            folder.Apply(item);
        }

        Console.WriteLine($"{items} items, {FeatureWorld.Features.Definitions.Length} features, {events} events a round, a freeze every {Epoch}");
        Console.WriteLine("| round | items: events/s | ns/event | persons: events/s | bytes/event | full collections |\n|---|---|---|---|---|---|");
        for (var round = 0; round < rounds; round++)
        {
            StoredFact[] facts = [.. Enumerable.Range(0, events).Select(_ => world.Event())];

            // The facts are old before they are folded: moving them is no part of it.
            GC.Collect();
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var collected = GC.CollectionCount(2);
            var began = ThreadClock.Now;
            for (var i = 0; i < facts.Length; i++)
            {
                folder.Apply(facts, i);
                if (i % Epoch == Epoch - 1)
                {
                    folder.Freeze(facts[i].Fact.Time);
                }
            }

            var folded = ThreadClock.Now;
            collected = GC.CollectionCount(2) - collected;
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            foreach (var fact in facts)
            {
                persons.Observe(fact);
            }

            var observed = ThreadClock.Now;
            Console.WriteLine(FormattableString.Invariant(
                $"| {round} | {events * 1e9 / (folded - began):F0} | {(folded - began) / (double)events:F0} | {events * 1e9 / (observed - folded):F0} | {allocated / events} | {collected} |"));
        }

        if (!alone)
        {
            return folder.Counts.Whole ? 0 : 1;
        }

        Console.WriteLine("| alone | ns/event |\n|---|---|");
        StoredFact[] few = [.. Enumerable.Range(0, Math.Min(events, Epoch)).Select(_ => world.Event())];
        Alone("none", [], world, few);
        foreach (var definition in FeatureWorld.Features.Definitions.Where(definition => definition.Inputs.IsEmpty))
        {
            Alone(definition.Name, [definition], world, few);
        }

        return folder.Counts.Whole ? 0 : 1;
    }

    private static void Alone(string label, FeatureDefinition[] definitions, FeatureWorld world, StoredFact[] facts)
    {
        var folder = new FeatureFolder(FeatureSet.Create(definitions), new FeatureOptions());
        foreach (var item in world.Catalogue())
        {
            folder.Apply(item);
        }

        var began = ThreadClock.Now;
        foreach (var fact in facts)
        {
            folder.Apply(fact);
        }

        Console.WriteLine(FormattableString.Invariant($"| {label} | {(ThreadClock.Now - began) / (double)facts.Length:F0} |"));
    }
}
