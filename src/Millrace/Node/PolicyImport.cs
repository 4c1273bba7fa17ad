using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Models.Policies;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>Puts configured policies in force by way of the journal, at the start and at each reload.</summary>
internal sealed class PolicyImport : IDisposable
{
    private readonly PolicyBook _book;

    // A reload and the take-over of new features may come at once.
    private readonly SemaphoreSlim _importing = new(1);

    private PolicyImport(PolicyBook book) => _book = book;

    /// <summary>Reads the control stream.</summary>
    public static async Task<PolicyImport> OpenAsync(IJournal journal, TimeProvider clock, CancellationToken cancellation) =>
        new(await PolicyBook.OpenAsync(journal, clock, cancellation));

    /// <summary>Every version of every policy.</summary>
    public IReadOnlyCollection<PolicyVersion> Versions => _book.Versions;

    public void Dispose() => _importing.Dispose();

    /// <summary>A policy in any version that was ever in force; null when the journal knows none of that id.</summary>
    public Policy? Find(string id) => _book.Find(id);

    /// <summary>Makes the policies of a configuration durable.</summary>
    /// <returns>What may be put in force, with the versions that they have in the journal.</returns>
    /// <exception cref="PolicyFaultsException">The features cannot serve the policies: nothing is imported.</exception>
    /// <exception cref="JournalException">The journal refuses.</exception>
    public async Task<PolicySet> ImportAsync(NodeConfig config, FeatureSet features, CancellationToken cancellation)
    {
        // Checked before anything is appended: a version in the journal is one that was in force.
        _ = PolicySet.Create(config.Policies.Values, config.Surfaces.Values, features);
        await _importing.WaitAsync(CancellationToken.None);
        try
        {
            var versioned = await _book.ImportAsync(config.Policies.Values, cancellation);
            return PolicySet.Create(versioned.Values, config.Surfaces.Values, features);
        }
        finally
        {
            _importing.Release();
        }
    }
}
