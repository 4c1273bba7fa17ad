using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Millrace.Journal;
using Millrace.Models.Policies;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>What decides: one immutable snapshot, swapped whole. A request reads it once.</summary>
/// <param name="Policies">By name, with the versions that they have in the journal.</param>
/// <param name="Surfaces">By name.</param>
internal sealed record Deciding(ImmutableSortedDictionary<string, Policy> Policies, ImmutableSortedDictionary<string, Surface> Surfaces);

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

    private readonly List<Action<Deciding>> _followers = [];
    private readonly Task _importing;
    private volatile Deciding _current;

    private PolicyImport(PolicyBook book, Deciding first, ILogger log)
    {
        _book = book;
        _current = first;
        _log = log;
        _importing = ImportAsync();
    }

    public Deciding Current => _current;

    /// <summary>Reads the control stream, imports what <paramref name="config"/> says, and returns once that is durable.</summary>
    public static async Task<PolicyImport> StartAsync(IJournal journal, NodeConfig config, TimeProvider clock, ILogger log, CancellationToken cancellation)
    {
        var book = await PolicyBook.OpenAsync(journal, clock, cancellation);
        return new PolicyImport(book, new Deciding(await book.ImportAsync(config.Policies.Values, cancellation), config.Surfaces), log);
    }

    /// <summary>Takes a new configuration; it is in force once its policies are durable.</summary>
    public void Offer(NodeConfig config) => _waiting.Writer.TryWrite(config);

    /// <summary>Calls <paramref name="apply"/> with each new snapshot. Only before reloads begin.</summary>
    public void Follow(Action<Deciding> apply) => _followers.Add(apply);

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
                    var next = new Deciding(await _book.ImportAsync(config.Policies.Values, CancellationToken.None), config.Surfaces);
                    _current = next;
                    _followers.ForEach(follow => follow(next));
                }
                catch (JournalException refused)
                {
                    _log.LogError(NodeEvents.ConfigRefused, refused, "The journal refused the policies of the reloaded configuration; the last ones stay in force");
                }
            }
        }
    }
}
