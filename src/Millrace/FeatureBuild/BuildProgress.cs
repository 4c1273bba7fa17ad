using System.Globalization;

namespace Millrace.FeatureBuild;

/// <summary>Says how far a build has come: in place on a terminal every half second, else a line every ten.</summary>
internal sealed class BuildProgress(TextWriter output, bool terminal, TimeProvider clock)
{
    private readonly TimeSpan _interval = terminal ? TimeSpan.FromSeconds(0.5) : TimeSpan.FromSeconds(10);
    private readonly long _started = clock.GetTimestamp();

    public TimeSpan Elapsed => clock.GetElapsedTime(_started);

    /// <summary>Shows a build's state until it ends.</summary>
    public async Task<BuildOutcome> FollowAsync(BuildRun run, CancellationToken cancellation)
    {
        // On a thread of its own: while batches are ready it never waits.
        var running = Task.Run(() => run.RunAsync(cancellation), CancellationToken.None);
        using var timer = new PeriodicTimer(_interval, clock);
        while (await Task.WhenAny(running, timer.WaitForNextTickAsync(CancellationToken.None).AsTask()) != running)
        {
            Show(run);
        }

        if (terminal)
        {
            await output.WriteLineAsync();
        }

        return await running;
    }

    private void Show(BuildRun run)
    {
        var (folded, all, seconds) = (run.Folded, run.ToFold, Math.Max(Elapsed.TotalSeconds, 0.001));
        var share = all == 0 ? 0 : Math.Min(1, (double)folded / all);
        var left = share > 0 ? TimeSpan.FromSeconds(seconds * (1 - share) / share).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture).Replace("0.", "", StringComparison.Ordinal) : "?";
        var line = string.Create(CultureInfo.InvariantCulture, $"{share,4:P0}  {folded,12:N0} facts  {folded / seconds,9:N0}/s  {run.Rows,11:N0} rows  {run.Rows / seconds,8:N0}/s  left {left}");
        output.Write(terminal ? $"\r{line}" : line + "\n");
        output.Flush();
    }
}
