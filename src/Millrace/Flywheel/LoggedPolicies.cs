using Millrace.Decisions.Ranking;
using Millrace.Decisions.Replay;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Flywheel;

/// <summary>The policies that decided, as the journal's control stream has them.</summary>
/// <param name="shelf">Their models.</param>
internal sealed class LoggedPolicies(IModelShelf shelf)
{
    private readonly Dictionary<string, Policy> _policies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Policy Policy, PolicyProbe Probe)?> _probes = new(StringComparer.Ordinal);

    /// <summary>Reads all versions.</summary>
    public async Task ReadAsync(SkippingReader reader, long first, CancellationToken cancellation)
    {
        var next = first;
        while (await reader.ReadAsync(JournalStream.Control, 0, next, cancellation) is { Count: > 0 } facts)
        {
            foreach (var changed in facts.Select(stored => stored.Fact).OfType<PolicyChanged>())
            {
                var policy = PolicyJson.Read(changed.Definition, changed.Version);
                _policies[policy.Id] = policy;
            }

            next = facts[^1].Position.Offset + 1;
        }
    }

    /// <summary>The policy that a record names, and its probe; null when the journal has it no more, or a model of it is not at hand.</summary>
    public (Policy Policy, PolicyProbe Probe)? Find(string id)
    {
        if (_probes.TryGetValue(id, out var known))
        {
            return known;
        }

        return _probes[id] = _policies.GetValueOrDefault(id) is { } policy && Probe(policy) is { } probe ? (policy, probe) : null;
    }

    private PolicyProbe? Probe(Policy policy)
    {
        try
        {
            return new PolicyProbe(policy, shelf);
        }
        catch (ModelMissingException)
        {
            return null;
        }
    }
}
