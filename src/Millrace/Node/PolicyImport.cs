using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Models.Policies;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>Puts configured policies in force by way of the journal, at the start and at each reload.</summary>
internal sealed class PolicyImport
{
    private readonly PolicyBook _book;
    private readonly FeatureSet _features;

    private PolicyImport(PolicyBook book, PolicySet first, FeatureSet features)
    {
        _book = book;
        _features = features;
        Table = new PolicyTable(first);
    }

    /// <summary>The policies and surfaces in force, with the versions that they have in the journal.</summary>
    public PolicyTable Table { get; }

    /// <summary>Reads the control stream, imports what <paramref name="config"/> says, and returns once that is durable.</summary>
    /// <exception cref="PolicyFaultsException">The features cannot serve the policies: nothing is imported.</exception>
    public static async Task<PolicyImport> StartAsync(IJournal journal, NodeConfig config, FeatureSet features, TimeProvider clock, CancellationToken cancellation)
    {
        var book = await PolicyBook.OpenAsync(journal, clock, cancellation);
        return new PolicyImport(book, await ImportAsync(book, config, features, cancellation), features);
    }

    /// <summary>A policy in any version that was ever in force; null when the journal knows none of that id.</summary>
    public Policy? Find(string id) => _book.Find(id);

    /// <summary>Makes the policies of a new configuration durable. Not for concurrent use: one reload runs at a time.</summary>
    /// <returns>Puts them in force.</returns>
    /// <exception cref="ConfigInvalidException">They need features or popular lists that this node does not keep, since those are fixed while it runs.</exception>
    /// <exception cref="JournalException">The journal refuses; nothing is in force.</exception>
    public async Task<Action> PrepareAsync(NodeConfig config, string source)
    {
        try
        {
            var next = await ImportAsync(_book, config, _features, CancellationToken.None);
            return () => Table.Swap(next);
        }
        catch (PolicyFaultsException faults)
        {
            var mark = new ConfigMark(Path.GetFileName(source), 0, 0);
            throw new ConfigInvalidException([.. faults.Faults
                .Select(fault => PlaneFault.Read(fault, _ => mark))
                .Select(fault => fault with { Expected = $"{fault.Expected} with what the running node keeps (a restart takes new features and windows)" })]);
        }
    }

    // Checked before anything is appended: a version in the journal is one that was in force.
    private static async Task<PolicySet> ImportAsync(PolicyBook book, NodeConfig config, FeatureSet features, CancellationToken cancellation)
    {
        _ = PolicySet.Create(config.Policies.Values, config.Surfaces.Values, features);
        var versioned = await book.ImportAsync(config.Policies.Values, cancellation);
        return PolicySet.Create(versioned.Values, config.Surfaces.Values, features);
    }
}
