using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Node.Configuration;

namespace Millrace.FeatureBuild;

/// <summary>Says of features that were removed where that stands, and until when they were read, as far as the journal's policies tell.</summary>
/// <param name="config">Names what is removed.</param>
internal sealed class RemovedFeatures(NodeConfig config)
{
    /// <summary>Those of some names that are removed.</summary>
    public string[] Among(IEnumerable<string> names) => [.. names.Where(name => config.Removed.Contains(name)).Distinct(StringComparer.Ordinal)];

    /// <summary>A line for each name.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public async Task<IEnumerable<string>> SayAsync(IReadOnlyList<string> names, IJournalReader journal, CancellationToken cancellation)
    {
        var uses = await UsesAsync(journal, cancellation);
        return names.Select(name => $"feature '{name}' was removed ({config.FeatureMarks.Of(name)}); {Say([.. uses.Where(use => PolicyReading.Features(use.Policy).Contains(name))])}");
    }

    private static string Say(Use[] uses) =>
        uses.FirstOrDefault(use => use.Until is null) is { } still ? $"{still.Policy.Id} reads it still, as far as the journal says"
        : uses.MaxBy(use => use.Until) is { } last ? $"the last policy that read it, {last.Policy.Id}, decided until {last.Until}"
        : "no policy that the journal holds read it";

    private static async Task<List<Use>> UsesAsync(IJournalReader journal, CancellationToken cancellation)
    {
        var (uses, last) = (new List<Use>(), new Dictionary<string, Use>(StringComparer.Ordinal));
        var reader = new SkippingReader(journal, static (_, _) => { });
        var next = journal.Range(JournalStream.Control, 0).First;
        while (await reader.ReadAsync(JournalStream.Control, 0, next, cancellation) is { Count: > 0 } facts)
        {
            foreach (var changed in facts.Select(stored => stored.Fact).OfType<PolicyChanged>())
            {
                if (last.GetValueOrDefault(changed.Policy) is { } before)
                {
                    before.Until = changed.Time;
                }

                uses.Add(last[changed.Policy] = new Use(PolicyJson.Read(changed.Definition, changed.Version)));
            }

            next = facts[^1].Position.Offset + 1;
        }

        return uses;
    }

    private sealed class Use(Policy policy)
    {
        public Policy Policy => policy;

        /// <summary>When the next version came; null for the last one.</summary>
        public UnixMicros? Until { get; set; }
    }
}
