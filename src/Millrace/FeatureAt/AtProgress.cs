namespace Millrace.FeatureAt;

/// <summary>Says how far a command is once it takes longer than a second: in place on a terminal each second, else a line every ten.</summary>
internal sealed class AtProgress(TextWriter output, bool terminal, TimeProvider clock)
{
    private const int Every = 10;

    /// <summary>Runs it on a thread of its own, since it never waits while batches are ready.</summary>
    public async Task<T> FollowAsync<T>(Func<Task<T>> run, Func<string> progress)
    {
        var running = Task.Run(run, CancellationToken.None);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        var shown = 0;
        while (await Task.WhenAny(running, timer.WaitForNextTickAsync(CancellationToken.None).AsTask()) != running)
        {
            if (shown++ % (terminal ? 1 : Every) == 0)
            {
                await output.WriteAsync(terminal ? $"\r{progress()}" : $"{progress()}\n");
                await output.FlushAsync(CancellationToken.None);
            }
        }

        if (terminal && shown > 0)
        {
            await output.WriteLineAsync();
        }

        return await running;
    }
}
