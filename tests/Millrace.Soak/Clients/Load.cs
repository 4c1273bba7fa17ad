using System.Collections.Concurrent;
using Millrace.Soak.Content;
using Millrace.Soak.Fleet;
using Millrace.Soak.Oracle;

namespace Millrace.Soak.Clients;

/// <summary>The clients: each draws what it asks for by its own seed, at its own pace, and shows each answer to the oracle.</summary>
internal sealed class Load(SoakOptions options, RunClock clock, Catalogue catalogue, SoakFleet fleet, SoakOracle oracle, LoadTally tally)
{
    /// <summary>Above it most clients ask for parts, as players and download managers do.</summary>
    private const long Large = 1_500_000;

    private readonly ConcurrentDictionary<(int Object, int Language, bool Gzip), string> _tags = new();

    public async Task RunAsync(CancellationToken end)
    {
        using Http2Client first = new(clock);
        using Http2Client second = new(clock);
        Http2Client[] streams = [first, second];
        await Task.WhenAll(Enumerable.Range(0, options.Clients).Select(number => Task.Run(() => ClientAsync(number, streams[number % 2], end), CancellationToken.None)));
    }

    private async Task ClientAsync(int number, Http2Client streams, CancellationToken end)
    {
        Random random = new(HashCode.Combine(options.Seed, number, 77) & int.MaxValue);
        var pause = TimeSpan.FromSeconds((double)options.Clients / options.Rate);
        var turn = number;
        Http1Client[] connections = [.. fleet.Edges.Select(_ => new Http1Client(clock))];
        while (!end.IsCancellationRequested)
        {
            var began = clock.Now;
            var edge = fleet.Edges[turn % fleet.Edges.Length];
            var speaks2 = number % 4 >= 2 && number % 8 < 4;
            Asked[] asked = [.. Enumerable.Range(0, !speaks2 && random.Next(12) == 0 ? random.Next(2, 6) : 1)
                .Select(_ => Draw(random, edge) with { Connection = speaks2 ? "HTTP/2" : $"HTTP/1.1 client {number}" })];
            var answers = speaks2 ? [await streams.SendAsync(asked[0])] : await connections[turn % fleet.Edges.Length].SendAsync(asked);
            for (var i = 0; i < asked.Length; i++)
            {
                // What stood in the pipeline behind an answer that broke, or that the client went away from, is nobody's.
                if (answers[i].HeadCame > 0 || (answers[i].Broke is not null && (i == 0 || answers[i - 1].Broke is null)))
                {
                    oracle.Check(asked[i], answers[i]);
                    tally.Count(answers[i]);
                    Remember(asked[i], answers[i]);
                }
            }

            // As behind a balancer: the other edge now and then, and whenever this one broke.
            turn += answers.Any(static answer => answer.Broke is not null) || random.Next(20) == 0 ? 1 : 0;
            var spent = TimeSpan.FromMilliseconds(clock.Now - began);
            var rest = (pause * asked.Length * (0.5 + random.NextDouble())) - spent;
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, CancellationToken.None);
            }
        }

        Array.ForEach(connections, static connection => connection.Dispose());
    }

    private void Remember(Asked asked, Answer answer)
    {
        if (answer is { Status: 200, IsWhole: true } && answer["ETag"] is { } tag)
        {
            _tags[(asked.Object.Id, asked.Language, asked.TakesGzip)] = tag;
        }
    }

    private Asked Draw(Random random, NodeProcess edge)
    {
        var item = catalogue.Draw(random);
        var length = item.BytesOf(0);
        Asked asked = new(edge, item, "GET") { Language = item.Kind == ContentKind.Language ? random.Next(SoakObject.Languages.Length) : 0, TakesGzip = item.Hex && random.Next(3) == 0 };
        var choice = random.Next(100);
        if (length > Large)
        {
            return choice < 75 ? asked with { Range = Part(random, length, 700_000) } : choice < 92 ? asked with { GoesAfter = random.Next(600_000) } : asked with { IsSlow = choice < 94 };
        }

        if (choice < 8 && length > 100 && item.Kind is ContentKind.Plain or ContentKind.Text && !item.IsOwn)
        {
            return asked with { Range = Part(random, length, length), TakesGzip = false };
        }

        return choice switch
        {
            < 12 => asked with { Method = "HEAD" },
            < 26 => asked with { Tag = _tags.GetValueOrDefault((item.Id, asked.Language, asked.TakesGzip)) },
            < 29 => asked with { IsSlow = true },
            < 32 => asked with { GoesAfter = random.NextInt64(Math.Max(1, length)) },
            _ => asked,
        };
    }

    private static (long From, long? To) Part(Random random, long length, long most)
    {
        var from = random.NextInt64(length);
        return (from, random.Next(4) == 0 && length - from <= most ? null : from + random.NextInt64(Math.Min(most, length)));
    }
}
