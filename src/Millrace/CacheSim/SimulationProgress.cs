using System.Globalization;

namespace Millrace.CacheSim;

/// <summary>Says on stderr how far it has come: in place on a terminal every half second, else a line every ten.</summary>
internal sealed class SimulationProgress(TextWriter output, bool terminal, TimeProvider clock)
{
    private readonly TimeSpan _interval = terminal ? TimeSpan.FromSeconds(0.5) : TimeSpan.FromSeconds(10);
    private readonly long _started = clock.GetTimestamp();
    private long _shown = clock.GetTimestamp();
    private bool _any;

    /// <summary>Requests to replay in all, over all policies and sizes; 0 while the trace is being read.</summary>
    public long Total { get; set; }

    /// <summary>Requests replayed.</summary>
    public long Done { get; private set; }

    /// <summary>Since the start, or since <see cref="Total"/> was set.</summary>
    public TimeSpan Elapsed => clock.GetElapsedTime(_started);

    public void Reading(double share) => Show(() => string.Create(CultureInfo.InvariantCulture, $"reading {share,4:P0}"));

    public void Replayed(string policy, string size, long requests)
    {
        Done += requests;
        Show(() => string.Create(CultureInfo.InvariantCulture, $"{(double)Done / Math.Max(1, Total),4:P0}  {policy} at {size}  {Done:N0} of {Total:N0} requests"));
    }

    /// <summary>Leaves the line that was written in place.</summary>
    public void End()
    {
        if (terminal && _any)
        {
            output.WriteLine();
        }
    }

    private void Show(Func<string> line)
    {
        if (clock.GetElapsedTime(_shown) < _interval)
        {
            return;
        }

        _shown = clock.GetTimestamp();
        _any = true;
        output.Write(terminal ? $"\r{line(),-78}" : line() + Environment.NewLine);
        output.Flush();
    }
}
