using System.Diagnostics;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Bench.FeaturesImage;

/// <summary>Reads persons of the embedded store while a fold at a steady rate changes them, and while a snapshot of them is written.</summary>
internal static class FeaturesPersonsBench
{
    private const int Rate = 50_000;

    public static int Run(int persons, int reads)
    {
        using var keys = new MemorySubjectKeys();
        var store = new EmbeddedPersonStore(FeatureSet.Create([]).Persons, 1, maxPersons: 4 * persons, keys: keys);
        var random = new Random(1);
        var offset = 0L;
        for (var person = 0; person < persons; person++)
        {
            _ = keys.Read("default", $"u{person}", new byte[32]);
            store.Observe(Click(person, person, offset++));
        }

        using var stop = new CancellationTokenSource();
        using var wanted = new CancellationTokenSource();
        var made = new TaskCompletionSource<PersonsImage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var folding = Task.Factory.StartNew(() => Fold(store, new Random(2), persons, offset, () => wanted.IsCancellationRequested, made, stop.Token), TaskCreationOptions.LongRunning);
        Measure("under the fold", store, random, persons, reads);
        wanted.Cancel();
        var image = made.Task.Result;
        var writing = Task.Factory.StartNew(
            () =>
            {
                var (began, bytes) = (Stopwatch.GetTimestamp(), new MemoryStream());
                image.Write(bytes);
                Console.WriteLine($"{bytes.Length / 1e6:f1} MB written in {Stopwatch.GetElapsedTime(began).TotalSeconds:f2} s");
                return bytes;
            },
            TaskCreationOptions.LongRunning);
        Measure("while a snapshot is written", store, random, persons, reads);
        stop.Cancel();
        var rate = folding.Result;
        Console.WriteLine($"folded {rate:f0} events/s");
        var file = writing.Result;
        var loaded = Stopwatch.GetTimestamp();
        PersonsLoader.Load(file, store, 1);
        Console.WriteLine($"loaded in {Stopwatch.GetElapsedTime(loaded).TotalSeconds:f2} s");
        return 0;
    }

    private static double Fold(EmbeddedPersonStore store, Random random, int persons, long offset, Func<bool> wanted, TaskCompletionSource<PersonsImage> made, CancellationToken stop)
    {
        var (began, first) = (Stopwatch.GetTimestamp(), offset);
        while (!stop.IsCancellationRequested)
        {
            if (wanted() && !made.Task.IsCompleted)
            {
                // The writer takes it, as the folding loop does.
                var taken = Stopwatch.GetTimestamp();
                var image = store.Image(1, default);
                Console.WriteLine($"taken in {Stopwatch.GetElapsedTime(taken).TotalMilliseconds:f2} ms");
                made.SetResult(image);
            }

            if (offset - first > Stopwatch.GetElapsedTime(began).TotalSeconds * Rate)
            {
                Thread.Yield();
                continue;
            }

            var person = random.Next(persons);
            store.Observe(Click(person, random.Next(100_000), offset++));
        }

        return (offset - first) / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static void Measure(string when, EmbeddedPersonStore store, Random random, int persons, int reads)
    {
        var took = new double[reads];
        var into = new PersonBuffer();
        for (var i = 0; i < reads; i++)
        {
            var person = random.Next(persons);
            var (user, session) = ($"u{person}", $"s{person}");
            var began = Stopwatch.GetTimestamp();
            store.Read("default", user, session, into);
            took[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        }

        Array.Sort(took);
        Console.WriteLine($"read {when}: median {took[reads / 2]:f2} µs, p99 {took[reads * 99 / 100]:f2} µs, p99.9 {took[(int)(reads * 999L / 1000)]:f2} µs");
    }

    private static StoredFact Click(int person, int item, long offset)
    {
        var time = new UnixMicros(1_750_000_000_000_000 + (offset * 20));
        return new StoredFact(
            new Position(JournalStream.Events, 0, offset),
            new Observed { Id = "e", Event = "click", Item = $"i{item}", User = $"u{person}", Session = $"s{person}", Time = time, Received = time });
    }
}
