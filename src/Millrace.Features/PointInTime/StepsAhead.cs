using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Millrace.Features.PointInTime;

/// <summary>Has the steps of a walk made on another thread, some ahead of those that are done: persons are folded beside items.</summary>
internal static class StepsAhead
{
    // Of epochs that are 100 events apart some twenty, of long stretches 64 batches: what is held on to is copied by collections.
    private const int Most = 64;

    internal static async IAsyncEnumerable<WalkStep> Of(IAsyncEnumerable<WalkStep> steps, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var made = Channel.CreateBounded<WalkStep>(new BoundedChannelOptions(Most) { SingleReader = true, SingleWriter = true });
        var making = Task.Run(() => MakeAsync(steps, made.Writer, over.Token), CancellationToken.None);
        try
        {
            while (await made.Reader.WaitToReadAsync(cancellation))
            {
                while (made.Reader.TryRead(out var step))
                {
                    yield return step;
                }
            }
        }
        finally
        {
            await over.CancelAsync();
            await making;
        }
    }

    /// <summary>Throws nothing: what goes wrong comes after the steps before it.</summary>
    private static async Task MakeAsync(IAsyncEnumerable<WalkStep> steps, ChannelWriter<WalkStep> into, CancellationToken cancellation)
    {
        try
        {
            await foreach (var step in steps.WithCancellation(cancellation))
            {
                await into.WriteAsync(step, cancellation);
            }

            into.Complete();
        }
        catch (Exception fault)
        {
            into.Complete(fault);
        }
    }
}
