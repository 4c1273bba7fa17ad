using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>Waits for a journal to grow, by looking each second: who follows is seconds behind anyway.</summary>
/// <param name="clock">The clock by which facts are received.</param>
internal sealed class JournalTail(TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly PeriodicTimer _ticks = new(Tick, clock);

    internal UnixMicros Now => UnixMicros.Now(clock);

    internal async Task WaitAsync(CancellationToken cancellation) => await _ticks.WaitForNextTickAsync(cancellation);

    public void Dispose() => _ticks.Dispose();
}
