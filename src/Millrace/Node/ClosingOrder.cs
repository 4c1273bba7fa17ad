using Microsoft.Extensions.Logging;

namespace Millrace.Node;

/// <summary>Closes parts in the reverse of the order in which they were opened. One that fails is named in the log and keeps no other open.</summary>
internal sealed class ClosingOrder(ILogger log) : IAsyncDisposable
{
    private readonly Stack<(string Name, Func<ValueTask> Close)> _parts = [];

    public void Add(IAsyncDisposable part) => _parts.Push((part.GetType().Name, part.DisposeAsync));

    public void Add(IDisposable part) => _parts.Push((part.GetType().Name, () =>
    {
        part.Dispose();
        return ValueTask.CompletedTask;
    }));

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            try
            {
                await part.Close();
            }
            catch (Exception failed)
            {
                log.LogError(NodeEvents.ClosingFailed, failed, "{Part} did not close as it should; the other parts are closed all the same", part.Name);
            }
        }
    }
}
