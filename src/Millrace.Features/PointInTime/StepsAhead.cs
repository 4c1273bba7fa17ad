using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Millrace.Features.PointInTime;

/// <summary>
/// Has the steps of a walk made on another thread, some ahead of those that are done: persons are folded beside items. It leaves a simulated scheduler, which is why a walk takes
/// it only where it is asked to (<see cref="WalkOptions.PersonsAhead"/>). One use.
/// </summary>
internal sealed class StepsAhead
{
    // Of epochs that are 100 events apart some twenty.
    private const int MostSteps = 64;

    // Eight batches, where nothing is decided for long: what is held on to is copied by collections.
    private const int MostFacts = 8 * 1024;

    private readonly Channel<WalkStep> _made = Channel.CreateBounded<WalkStep>(new BoundedChannelOptions(MostSteps) { SingleReader = true, SingleWriter = true });

    // One word is enough, since whoever waits looks again.
    private readonly Channel<bool> _room = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.DropWrite });
    private int _facts;

    private StepsAhead()
    {
    }

    internal static async IAsyncEnumerable<WalkStep> Of(IAsyncEnumerable<WalkStep> steps, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var ahead = new StepsAhead();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var making = Task.Run(() => ahead.MakeAsync(steps, over.Token), CancellationToken.None);
        try
        {
            while (await ahead._made.Reader.WaitToReadAsync(cancellation))
            {
                while (ahead._made.Reader.TryRead(out var step))
                {
                    yield return step;
                    ahead.MakeRoom(step);
                }
            }
        }
        finally
        {
            try
            {
                over.Cancel();
            }
            finally
            {
                await making;
            }
        }
    }

    private static int FactsIn(WalkStep step) => step is WalkStep.Fold { Facts: { } batch } ? batch.Facts.Length : 0;

    /// <summary>Throws nothing: what goes wrong comes after the steps before it.</summary>
    private async Task MakeAsync(IAsyncEnumerable<WalkStep> steps, CancellationToken cancellation)
    {
        try
        {
            await foreach (var step in steps.WithCancellation(cancellation))
            {
                while (Volatile.Read(ref _facts) >= MostFacts)
                {
                    await _room.Reader.ReadAsync(cancellation);
                }

                Interlocked.Add(ref _facts, FactsIn(step));
                await _made.Writer.WriteAsync(step, cancellation);
            }

            _made.Writer.Complete();
        }
        catch (Exception fault)
        {
            _made.Writer.Complete(fault);
        }
    }

    private void MakeRoom(WalkStep done)
    {
        if (FactsIn(done) is var facts and > 0)
        {
            Interlocked.Add(ref _facts, -facts);
            _room.Writer.TryWrite(true);
        }
    }
}
