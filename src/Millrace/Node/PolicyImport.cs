using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>Puts configured policies in force by way of the journal, at the start and at each reload.</summary>
internal sealed class PolicyImport : IDisposable
{
    private readonly PolicyBook _book;

    // A reload and the take-over of new features may come at once.
    private readonly SemaphoreSlim _importing = new(1);

    private readonly FolderModelShelf _models;

    private PolicyImport(PolicyBook book, FolderModelShelf models) => (_book, _models) = (book, models);

    /// <summary>Reads the control stream.</summary>
    public static async Task<PolicyImport> OpenAsync(IJournal journal, FolderModelShelf models, TimeProvider clock, CancellationToken cancellation) =>
        new(await PolicyBook.OpenAsync(journal, clock, cancellation), models);

    /// <summary>Every version of every policy.</summary>
    public IReadOnlyCollection<PolicyVersion> Versions => _book.Versions;

    public void Dispose() => _importing.Dispose();

    /// <summary>A policy in any version that was ever in force; null when the journal knows none of that id.</summary>
    public Policy? Find(string id) => _book.Find(id);

    /// <summary>Makes the policies of a configuration durable, their models first: a replay of their decisions needs both.</summary>
    /// <returns>What may be put in force, with the versions that they have in the journal.</returns>
    /// <exception cref="PolicyFaultsException">The features cannot serve the policies: nothing is imported.</exception>
    /// <exception cref="ConfigInvalidException">The disk refuses a model.</exception>
    /// <exception cref="JournalException">The journal refuses.</exception>
    public async Task<PolicySet> ImportAsync(NodeConfig config, FeatureSet features, CancellationToken cancellation)
    {
        // Checked before anything is appended: a version in the journal is one that was in force.
        var compiled = PolicySet.Create(config.Policies.Values, config.Surfaces.Values, features, config.Models, NodeTerms.Names);
        await _importing.WaitAsync(CancellationToken.None);
        try
        {
            foreach (var model in config.Models.Files)
            {
                Keep(model);
            }

            return compiled.Versioned(await _book.ImportAsync(config.Policies.Values, cancellation));
        }
        finally
        {
            _importing.Release();
        }
    }

    private void Keep(ModelFile model)
    {
        try
        {
            _models.Put(model.Bytes);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new ConfigInvalidException(
                [new ConfigFault(new ConfigMark(_models.PathOf(model.Digest), 0, 0), "", $"a folder that takes the model {model.Path}", refused.Message)])
            {
                ModelPaths = [model.Path],
                MayPass = true,
            };
        }
    }
}
