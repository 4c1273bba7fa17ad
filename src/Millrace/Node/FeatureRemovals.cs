using System.Collections.Immutable;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>
/// Refuses configurations without features that recent decisions were taken by: who builds those decisions' features again needs the definitions. The journal says which
/// decisions there are, for as long as it keeps them; its policies say which features they read.
/// </summary>
/// <param name="journal">Asked for decisions, only when a policy of its could need a feature that is gone.</param>
/// <param name="retention">How long decisions are kept.</param>
/// <param name="clock">Now.</param>
internal sealed class FeatureRemovals(IJournal journal, TimeSpan retention, TimeProvider clock)
{
    // About 2 s of reading: what more there is counts as if it needed everything.
    private const int MostRead = 1_000_000;

    /// <exception cref="ConfigInvalidException">A decision that is kept needs a feature that <paramref name="config"/> does not have.</exception>
    public async Task CheckAsync(NodeConfig config, IReadOnlyCollection<PolicyVersion> policies, CancellationToken cancellation)
    {
        var known = config.Features.Select(feature => feature.Name).ToHashSet(StringComparer.Ordinal);
        var from = UnixMicros.Now(clock) - retention;
        var suspects = policies.Where(version => version.Until is not { } until || until >= from)
            .Where(version => PolicyReading.Features(version.Policy).Any(name => !known.Contains(name)))
            .Select(version => version.Policy)
            .ToDictionary(policy => policy.Id, StringComparer.Ordinal);
        if (suspects.Count == 0)
        {
            return;
        }

        var last = await LastUsesAsync(suspects.Keys, from, cancellation);
        var faults = last.SelectMany(use => PolicyReading.Features(suspects[use.Key]).Where(name => !known.Contains(name)).Select(name => (Name: name, Policy: use.Key, Last: use.Value)))
            .GroupBy(use => use.Name, StringComparer.Ordinal)
            .Select(uses => Fault(config, uses.Key, uses.MaxBy(use => use.Last)))
            .ToImmutableArray();
        if (faults.Length > 0)
        {
            throw new ConfigInvalidException(faults);
        }
    }

    private ConfigFault Fault(NodeConfig config, string name, (string Name, string Policy, UnixMicros Last) use)
    {
        var removed = config.Removed.Contains(name);
        return new ConfigFault(
            config.FeatureMarks.Of(name), "features",
            $"'{name}' until {use.Last + retention}: decisions by {use.Policy} read it, the last at {use.Last}, and are kept for {Quantities.Format(retention)}; "
            + "write it with life: deprecated and out of every policy until then, then with life: removed",
            removed ? "life: removed" : "no such feature");
    }

    /// <summary>When each of some policies decided last; those that did not are not among them.</summary>
    private async Task<Dictionary<string, UnixMicros>> LastUsesAsync(IReadOnlyCollection<string> policies, UnixMicros from, CancellationToken cancellation)
    {
        var last = new Dictionary<string, UnixMicros>(StringComparer.Ordinal);
        var left = MostRead;

        // A record that is no fact is no decision that anybody builds again.
        var reader = new SkippingReader(journal, static (_, _) => { });
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            var next = await journal.SeekAsync(JournalStream.Decisions, partition, from, cancellation);
            while (left > 0 && await reader.ReadAsync(JournalStream.Decisions, partition, next, cancellation) is { Count: > 0 } facts)
            {
                foreach (var decided in facts.Select(stored => stored.Fact).OfType<Decided>().Where(decided => policies.Contains(decided.Policy)))
                {
                    var time = WalkOptions.TimeOf(decided);
                    last[decided.Policy] = last.TryGetValue(decided.Policy, out var later) && later > time ? later : time;
                }

                next = facts[^1].Position.Offset + 1;
                left -= facts.Count;
            }
        }

        if (left <= 0)
        {
            foreach (var policy in policies)
            {
                last[policy] = UnixMicros.Now(clock);
            }
        }

        return last;
    }
}

/// <summary>A policy as it was for a while.</summary>
/// <param name="Policy">With its version.</param>
/// <param name="Until">When the next version came; null for the last one.</param>
internal sealed record PolicyVersion(Policy Policy, UnixMicros? Until);
