using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>Waits for a journal to grow, by looking each second: who follows is seconds behind anyway.</summary>
/// <param name="clock">The clock by which facts are received.</param>
internal sealed class JournalTail(TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly PeriodicTimer _ticks = new(Tick, clock);

    internal UnixMicros Now => UnixMicros.Now(clock);

    /// <summary>When everything that the journal held was read for the first time; null before.</summary>
    internal UnixMicros? Level { get; private set; }

    internal async Task WaitAsync(CancellationToken cancellation)
    {
        Level ??= Now;
        await _ticks.WaitForNextTickAsync(cancellation);
    }

    public void Dispose() => _ticks.Dispose();
}
