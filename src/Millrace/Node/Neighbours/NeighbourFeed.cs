using Microsoft.Extensions.Logging;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Online;

namespace Millrace.Node.Neighbours;

/// <summary>
/// The one thread that writes a generation's indexes of neighbours: woken with each epoch, it takes what changed since the last that it took. Epochs that come while it works are
/// taken together. The first time it takes all items.
/// </summary>
internal sealed class NeighbourFeed : IDisposable
{
    private readonly Func<Serving> _serving;
    private readonly ILogger _log;
    private readonly Action<FeatureSnapshot?>? _followed;
    private readonly AutoResetEvent _woken = new(initialState: true);
    private readonly Thread _thread;
    private volatile bool _stop;

    /// <param name="serving">The generation with the policies that it has, or will have, in force.</param>
    /// <param name="log">Told when an index cannot be written.</param>
    /// <param name="followed">Called with each snapshot that they hold, and with none when they were given up.</param>
    public NeighbourFeed(Func<Serving> serving, ILogger log, Action<FeatureSnapshot?>? followed = null)
    {
        (_serving, _log, _followed) = (serving, log, followed);
        Indexes = serving().Neighbours!;
        _thread = new Thread(Run) { IsBackground = true, Name = "neighbours" };
        _thread.Start();
    }

    /// <summary>What it writes.</summary>
    public NeighbourIndexes Indexes { get; }

    /// <summary>Says that there is a newer snapshot, or that other policies are in force.</summary>
    public void Wake() => _woken.Set();

    /// <summary>Ends the thread within a few rows' work.</summary>
    public void Dispose()
    {
        _stop = true;
        _woken.Set();
        _thread.Join();
        _woken.Dispose();
    }

    private void Run()
    {
        while (_woken.WaitOne() && !_stop)
        {
            try
            {
                var serving = _serving();
                var snapshot = serving.Snapshot();
                Indexes.Follow(serving.Policies, snapshot, () => _stop);
                if (!_stop)
                {
                    _followed?.Invoke(snapshot);
                }
            }
            catch (Exception fault)
            {
                // What it held is in doubt: it begins anew with the next epoch, and sources scan all rows until then.
                Indexes.Clear();
                _followed?.Invoke(null);
                _log.LogError(NodeEvents.NeighboursFaulted, fault, "The index of neighbours cannot be written: it is built again, and items are scanned until then");
            }
        }
    }
}
