using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Bench.FeaturesImage;

/// <summary>Takes, writes and loads a snapshot of items of thirty features: how long folding stands still, how many bytes it makes, how soon a start has it.</summary>
internal static class FeaturesImageBench
{
    private static readonly string[] Events = ["click", "impression", "conversion"];

    public static int Run(int items, int events)
    {
        var features = FeatureSet.Create(Thirty());
        using var keys = new MemorySubjectKeys();
        // As in a node, where what is many persons' is hidden.
        var options = new FeatureOptions { SnapshotSecret = SHA256.HashData("a secret"u8) };
        var path = Path.GetTempFileName();
        try
        {
            Write(path, features, options, keys, items, events);
            for (var round = 0; round < 3; round++)
            {
                GC.Collect();
                var (loaded, cpu, paused) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalPauseDuration());
                var (collections, allocated) = (GC.CollectionCount(0), GC.GetTotalAllocatedBytes());
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18);
                var state = FolderLoader.Load(file, features, options, keys);
                var (used, pauses) = (Environment.CpuUsage.TotalTime - cpu, GC.GetTotalPauseDuration() - paused);
                Say(
                    $"loaded {state.Items.Count} items, CPU {used.TotalSeconds:f2} s, {(GC.GetTotalAllocatedBytes() - allocated) / 1e6:f0} MB allocated, "
                    + $"paused {pauses.TotalSeconds:f2} s by {GC.CollectionCount(0) - collections} collections,",
                    loaded);
            }
        }
        finally
        {
            File.Delete(path);
        }

        return 0;
    }

    // Of its own, so that what was folded is gone when it is loaded, as at a start.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Write(string path, FeatureSet features, FeatureOptions options, MemorySubjectKeys keys, int items, int events)
    {
        var folder = new FeatureFolder(features, options, keys);
        Fill(folder, keys, items, events);
        folder.Freeze(default);
        var taken = Stopwatch.GetTimestamp();
        var image = folder.Image();
        Say("taken", taken);
        var written = Stopwatch.GetTimestamp();
        using (var file = new FileStream(path, FileMode.Create))
        {
            image.Write(file);
            file.Flush(flushToDisk: true);
        }

        Say("written", written);
        Console.WriteLine($"{new FileInfo(path).Length / 1e6:f1} MB of {items} items, {features.Definitions.Length} features, {events} events");
    }

    private static void Say(string what, long since) => Console.WriteLine($"{what} in {Stopwatch.GetElapsedTime(since).TotalMilliseconds:f1} ms");

    private static IEnumerable<FeatureDefinition> Thirty()
    {
        TimeSpan[] windows = [TimeSpan.FromHours(1), TimeSpan.FromHours(6), TimeSpan.FromDays(1), TimeSpan.FromDays(7)];
        foreach (var name in Events)
        {
            foreach (var window in windows)
            {
                yield return new CountFeature($"{name}_{window.TotalHours:f0}h", name, window);
                yield return new DecayedCountFeature($"{name}_decayed_{window.TotalHours:f0}h", name, window);
            }

            yield return new AgeFeature($"{name}_age", AgeSince.LastEvent, TimeSpan.FromDays(7), name);
        }

        yield return new AgeFeature("age", AgeSince.Published);
        yield return new CooccurrenceFeature("next", "click", TimeSpan.FromDays(1));
        yield return new AgeFeature("seen", AgeSince.FirstSeen);
    }

    private static void Fill(FeatureFolder folder, MemorySubjectKeys keys, int items, int events)
    {
        const long Second = 1_000_000;
        var random = new Random(1);
        var now = 1_750_000_000 * Second;
        for (var item = 0; item < items; item++)
        {
            var put = new ItemChanged
            {
                Id = "p", Item = $"story-{item}", Provider = $"desk-{item % 50}", Kind = "article", BodyUrl = $"http://news.example/story-{item}",
                Published = new UnixMicros(now - (random.NextInt64(30 * 86_400) * Second)), Time = new UnixMicros(now), Received = new UnixMicros(now),
            };
            folder.Apply(new StoredFact(new Position(JournalStream.Items, 0, item), put with { Attributes = put.Attributes.Add("topic", [$"t{item % 300}"]) }));
        }

        var step = 86_400 * Second / Math.Max(1, events);
        for (var i = 0; i < events; i++)
        {
            now += step;
            var session = $"s{random.Next(Math.Max(1, events / 10))}";
            _ = keys.Read("default", session, new byte[32]);
            var item = (int)(items * Math.Pow(random.NextDouble(), 2));
            folder.Apply(new StoredFact(
                new Position(JournalStream.Events, 0, i),
                new Observed { Id = "e", Event = Events[random.Next(Events.Length)], Item = $"story-{item}", Session = session, Time = new UnixMicros(now), Received = new UnixMicros(now) }));
        }
    }
}
