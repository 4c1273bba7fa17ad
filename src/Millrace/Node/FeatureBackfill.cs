using Microsoft.Extensions.Logging;
using Millrace.Journal;

namespace Millrace.Node;

/// <summary>
/// Folds the journal into another generation of features beside the one that serves, until it is level. Memory holds both until the take-over. It runs on one thread of the
/// pool at full speed; the serving fold has another.
/// </summary>
internal sealed class FeatureBackfill : IDisposable
{
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    // What one epoch of a busy node brings: so few facts the serving fold takes in between two epochs.
    private const long Near = 16_384;

    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _started;
    private long _logged;
    private long _folded;
    private volatile bool _level;

    /// <param name="generation">Folded by nobody else until it is level.</param>
    /// <param name="clock">Measures the rate.</param>
    /// <param name="log">Told of the progress every few seconds.</param>
    public FeatureBackfill(FoldedGeneration generation, TimeProvider clock, ILogger log)
    {
        (Generation, _clock, _log) = (generation, clock, log);
        _started = _logged = clock.GetTimestamp();
        generation.AfterBatch = ProgressAsync;
    }

    public FoldedGeneration Generation { get; }

    /// <summary>Whether the serving fold may take over: it is then the generation's writer.</summary>
    public bool IsLevel => _level;

    public BackfillProgress Progress
    {
        get
        {
            var (folded, left) = (Interlocked.Read(ref _folded), Generation.Lag);
            var seconds = _clock.GetElapsedTime(_started).TotalSeconds;
            var rate = seconds > 0 ? folded / seconds : 0;
            return new BackfillProgress(folded, folded + left, rate, rate > 0 ? TimeSpan.FromSeconds(left / rate) : null, _level);
        }
    }

    /// <summary>Runs until level or disposed. A journal that cannot be read is tried again.</summary>
    public async Task RunAsync()
    {
        try
        {
            // The caller must not wait: the journal's reads may complete at once.
            await Task.Yield();
            await Generation.BeginAsync(_stop.Token);
            while (!_level)
            {
                if (await Generation.FoldAllAsync(_stop.Token) is { } broken)
                {
                    _log.LogError(NodeEvents.BackfillStalled, broken.SourceException, "The journal cannot be read for the new features: it is tried again, and the old ones serve");
                    await Task.Delay(Retry, _clock, _stop.Token);
                }
                else if (Generation.Lag <= Near)
                {
                    Generation.AfterBatch = null;
                    _level = true;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Another reload replaces it, or the node stops.
        }
        catch (Exception fault)
        {
            _log.LogCritical(NodeEvents.BackfillStalled, fault, "The new features cannot be folded: the old ones serve until the next reload");
        }
    }

    public void Dispose() => _stop.Cancel();

    private async Task ProgressAsync(IReadOnlyList<StoredFact> facts)
    {
        _stop.Token.ThrowIfCancellationRequested();
        Interlocked.Add(ref _folded, facts.Count);
        if (_clock.GetElapsedTime(_logged) >= LogEvery)
        {
            _logged = _clock.GetTimestamp();
            var now = Progress;
            _log.LogInformation(
                NodeEvents.BackfillProgress, "New features are folded beside those that serve: {Folded} of {Total} facts, {Rate} a second, {Left} left",
                now.Folded, now.Total, (long)now.PerSecond, now.Left);
        }

        await Task.Yield();
    }
}

/// <summary>How far a backfill is.</summary>
/// <param name="Folded">Facts folded.</param>
/// <param name="Total">Facts to fold; it grows while facts come in.</param>
/// <param name="PerSecond">Facts folded per second, from the beginning.</param>
/// <param name="Left">How long the rest takes at that rate; null before the first fact.</param>
/// <param name="Level">Whether it takes over at the next epoch.</param>
internal readonly record struct BackfillProgress(long Folded, long Total, double PerSecond, TimeSpan? Left, bool Level);
