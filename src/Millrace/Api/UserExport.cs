using System.Globalization;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>
/// A user's facts that can be read, page by page: events, consents and decisions, in the journal's order. No index leads to a person, so it reads the streams from one end to
/// the other; each page ends after a bounded part of them, and may be empty.
/// </summary>
internal sealed class UserExport(IJournal journal)
{
    private const int MaxFacts = 1_000;
    private const int MaxRead = 65_536;
    private const int MaxChars = 8 << 20;
    private const int ReadAtOnce = 4_096;

    private static readonly JournalStream[] Streams = [JournalStream.Events, JournalStream.Decisions];

    /// <summary>Where an export begins.</summary>
    public static Position Start => new(Streams[0], 0, 0);

    /// <summary>Reads a position as <see cref="Position.ToString"/> writes it; null when it is none of the streams' here.</summary>
    public Position? Parse(string text)
    {
        foreach (var stream in Streams)
        {
            for (var partition = 0; partition < journal.Partitions(stream); partition++)
            {
                var prefix = new Position(stream, partition, 0).ToString()[..^1];
                if (text.StartsWith(prefix, StringComparison.Ordinal) && long.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
                {
                    return new Position(stream, partition, offset);
                }
            }
        }

        return null;
    }

    /// <summary>Reads a page.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="subjects">The user, and sessions of the user.</param>
    /// <param name="from">Where it begins.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The facts, and where the next page begins; null when this was the last.</returns>
    public async Task<(List<(StoredFact Stored, string Json)> Facts, Position? Next)> ReadAsync(
        string tenant, IReadOnlySet<string> subjects, Position from, CancellationToken cancellation)
    {
        var facts = new List<(StoredFact, string)>();
        var (read, chars) = (0, 0);
        Position? at = from;
        while (at is { } here)
        {
            var batch = await journal.ReadAsync(here.Stream, here.Partition, here.Offset, ReadAtOnce, cancellation);
            foreach (var stored in batch)
            {
                if (facts.Count == MaxFacts || read == MaxRead || chars > MaxChars)
                {
                    return (facts, stored.Position);
                }

                read++;
                if (stored.Fact.Tenant == tenant && stored.Fact.Subject is { } subject && subjects.Contains(subject))
                {
                    var json = FactJson.Write(stored.Fact);
                    chars += json.Length;
                    facts.Add((stored, json));
                }
            }

            at = batch.Count > 0 ? here with { Offset = batch[^1].Position.Offset + 1 } : NextPartition(here);
        }

        return (facts, null);
    }

    private Position? NextPartition(Position here)
    {
        if (here.Partition + 1 < journal.Partitions(here.Stream))
        {
            return new Position(here.Stream, here.Partition + 1, 0);
        }

        var next = Array.IndexOf(Streams, here.Stream) + 1;
        return next < Streams.Length ? new Position(Streams[next], 0, 0) : null;
    }
}
