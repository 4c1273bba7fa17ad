using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Models.Policies;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>
/// Puts configured policies in force by way of the journal, at the start and after each reload. Reloads come faster than the disk only by accident: of
/// those that wait, the newest wins.
/// </summary>
internal sealed class PolicyImport : IAsyncDisposable
{
    private readonly PolicyBook _book;
    private readonly ILogger _log;
    private readonly Channel<NodeConfig> _waiting = Channel.CreateBounded<NodeConfig>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly FeatureSet _features;
    private readonly Task _importing;

    private PolicyImport(PolicyBook book, PolicySet first, FeatureSet features, ILogger log)
    {
        _book = book;
        _features = features;
        Table = new PolicyTable(first);
        _log = log;
        _importing = ImportAsync();
    }

    /// <summary>The policies and surfaces in force, with the versions that they have in the journal.</summary>
    public PolicyTable Table { get; }

    /// <summary>Reads the control stream, imports what <paramref name="config"/> says, and returns once that is durable.</summary>
    /// <exception cref="PolicyFaultsException">The features cannot serve the policies: nothing is imported.</exception>
    public static async Task<PolicyImport> StartAsync(
        IJournal journal, NodeConfig config, FeatureSet features, TimeProvider clock, ILogger log, CancellationToken cancellation)
    {
        var book = await PolicyBook.OpenAsync(journal, clock, cancellation);
        return new PolicyImport(book, await ImportAsync(book, config, features, cancellation), features, log);
    }

    /// <summary>A policy in any version that was ever in force; null when the journal knows none of that id.</summary>
    public Policy? Find(string id) => _book.Find(id);

    /// <summary>Takes a new configuration; it is in force once its policies are durable.</summary>
    public void Offer(NodeConfig config) => _waiting.Writer.TryWrite(config);

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _importing;
    }

    private async Task ImportAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (_waiting.Reader.TryRead(out var config))
            {
                try
                {
                    Table.Swap(await ImportAsync(_book, config, _features, CancellationToken.None));
                }
                catch (PolicyFaultsException faults)
                {
                    // A popular source over a window that the folder does not keep, say: features are fixed while the node runs.
                    _log.LogError(NodeEvents.ConfigRefused, faults, "The reloaded policies need what this node keeps no features for; the last ones stay in force");
                }
                catch (JournalException refused)
                {
                    _log.LogError(NodeEvents.ConfigRefused, refused, "The journal refused the policies of the reloaded configuration; the last ones stay in force");
                }
            }
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
