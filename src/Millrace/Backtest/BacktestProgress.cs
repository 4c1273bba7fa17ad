using System.Globalization;

namespace Millrace.Backtest;

/// <summary>Says how far a replay has come: in place on a terminal every half second, else a line every ten.</summary>
internal sealed class BacktestProgress(TextWriter output, bool terminal, TimeProvider clock)
{
    private const int CheckEvery = 1024;
    private readonly TimeSpan _interval = terminal ? TimeSpan.FromSeconds(0.5) : TimeSpan.FromSeconds(10);
    private readonly long _started = clock.GetTimestamp();
    private long _shown = clock.GetTimestamp();

    public TimeSpan Elapsed => clock.GetElapsedTime(_started);

    /// <summary>Shows the state when it is time to.</summary>
    /// <param name="clicks">Clicks replayed so far.</param>
    /// <param name="share">Share of the file that has been read.</param>
    /// <param name="says">The scores so far.</param>
    public void Show(long clicks, double share, Func<string> says)
    {
        if (clicks % CheckEvery != 0 || clock.GetElapsedTime(_shown) < _interval)
        {
            return;
        }

        _shown = clock.GetTimestamp();
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{share,4:P0}  {clicks,9:N0} clicks  {clicks / Elapsed.TotalSeconds,7:N0}/s  {says()}");
        if (terminal)
        {
            output.Write($"\r{line}");
        }
        else
        {
            output.WriteLine(line);
        }

        output.Flush();
    }

    /// <summary>Leaves the line that was written in place.</summary>
    public void End()
    {
        if (terminal)
        {
            output.WriteLine();
        }
    }
}
