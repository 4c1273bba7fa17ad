using System.Collections.Concurrent;
using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Node;

/// <summary>
/// The policies of the control stream. Policies <em>are</em> control facts: a configured policy that differs from the last version of its name is appended
/// as the next version, and only then in force.
/// </summary>
internal sealed class PolicyBook
{
    private const int ReadBatch = 1024;

    private readonly IJournal _journal;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, PolicyChanged> _last = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Policy> _versions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, UnixMicros> _ended = new(StringComparer.Ordinal);
    private long _next;

    private PolicyBook(IJournal journal, TimeProvider clock)
    {
        _journal = journal;
        _clock = clock;
    }

    /// <summary>Reads the control stream to its end.</summary>
    public static async Task<PolicyBook> OpenAsync(IJournal journal, TimeProvider clock, CancellationToken cancellation)
    {
        var book = new PolicyBook(journal, clock);
        await book.CatchUpAsync(cancellation);
        return book;
    }

    /// <summary>Appends what changed. Not for concurrent use: one importer runs at a time.</summary>
    /// <returns>The policies with the versions that they have in the journal; all durable.</returns>
    public async Task<ImmutableSortedDictionary<string, Policy>> ImportAsync(IEnumerable<Policy> configured, CancellationToken cancellation)
    {
        await CatchUpAsync(cancellation);
        var current = ImmutableSortedDictionary.CreateBuilder<string, Policy>(StringComparer.Ordinal);
        var changed = new List<Fact>();
        foreach (var policy in configured)
        {
            var definition = PolicyJson.Write(policy);
            var last = _last.GetValueOrDefault(policy.Name);
            var version = last is null ? 1 : last.Definition == definition ? last.Version : last.Version + 1;
            current[policy.Name] = policy with { Version = version };
            if (version != last?.Version)
            {
                changed.Add(new PolicyChanged
                {
                    Id = $"policy:{policy.Name}@{version}",
                    Time = UnixMicros.Now(_clock),
                    Policy = policy.Name,
                    Version = version,
                    Definition = definition,
                });
            }
        }

        if (changed.Count > 0)
        {
            await _journal.AppendAsync(changed, cancellation);
            await CatchUpAsync(cancellation);
        }

        return current.ToImmutable();
    }

    /// <summary>The policy as it was in that version (<c>home@12</c>), or null. Any thread may ask.</summary>
    public Policy? Find(string id) => _versions.GetValueOrDefault(id);

    /// <summary>Every version that was ever in force. Any thread may ask.</summary>
    public IReadOnlyCollection<PolicyVersion> Versions =>
        [.. _versions.Select(version => new PolicyVersion(version.Value, _ended.TryGetValue(version.Key, out var until) ? until : null))];

    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var facts = await _journal.ReadAsync(JournalStream.Control, 0, _next, ReadBatch, cancellation);
            if (facts.Count == 0)
            {
                return;
            }

            foreach (var (position, fact) in facts)
            {
                _next = position.Offset + 1;
                if (fact is PolicyChanged changed)
                {
                    if (_last.GetValueOrDefault(changed.Policy) is { } before)
                    {
                        _ended[$"{before.Policy}@{before.Version}"] = changed.Time;
                    }

                    _last[changed.Policy] = changed;
                    var policy = PolicyJson.Read(changed.Definition, changed.Version);
                    _versions[policy.Id] = policy;
                }
            }
        }
    }
}
