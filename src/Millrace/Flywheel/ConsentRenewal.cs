using Microsoft.Extensions.Logging;
using Millrace.Api;
using Millrace.Journal;
using Millrace.Node;

namespace Millrace.Flywheel;

/// <summary>
/// Keeps withdrawn consent in the journal: it stands among the user's events, which are retired, and must outlive them. What is older than half the retention is appended
/// again, looked for each hour or more often.
/// </summary>
internal sealed class ConsentRenewal : IAsyncDisposable
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    private readonly Consents _consents;
    private readonly TimeSpan _age;
    private readonly TimeProvider _clock;
    private readonly Func<string> _newId;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="consents">What is withdrawn.</param>
    /// <param name="retention">How long events are kept.</param>
    /// <param name="clock">The time.</param>
    /// <param name="newId">Makes fact ids.</param>
    /// <param name="log">Told when the journal refuses.</param>
    public ConsentRenewal(Consents consents, TimeSpan retention, TimeProvider clock, Func<string> newId, ILogger log)
    {
        (_consents, _age, _clock, _newId, _log) = (consents, retention / 2, clock, newId, log);
        _running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_age / 4 < LongestInterval ? _age / 4 : LongestInterval, _clock);
        try
        {
            do
            {
                await TryRenewAsync();
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task TryRenewAsync()
    {
        try
        {
            await _consents.RenewAsync(UnixMicros.Now(_clock), _age, _newId);
        }
        catch (Exception refused) when (refused is JournalException)
        {
            _log.LogError(NodeEvents.ConsentNotRenewed, refused, "Withdrawn consent was not written again; it is tried again before the journal lets go of it");
        }
    }
}
