using System.Runtime.CompilerServices;
using Millrace.Features.PointInTime;
using Millrace.Journal;

namespace Millrace.Tests.Features.PointInTime;

public sealed class StepsAheadTests
{
    private const int MostSteps = 64;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_ends_early_ends_the_making_though_there_is_no_room()
    {
        var maker = new Maker(_ => new WalkStep.Forget());
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var step in StepsAhead.Of(maker.StepsAsync(Cancellation), Cancellation))
            {
                await maker.HasMadeAsync(1 + MostSteps);
                throw new InvalidOperationException("the visitor's");
            }
        });
        Assert.True(maker.IsOver);
    }

    [Fact]
    public async Task A_fault_comes_after_the_steps_before_it()
    {
        var maker = new Maker(i => i < 10 ? new WalkStep.Forget() : throw new JournalFaultException("planted"));
        var steps = 0;
        await Assert.ThrowsAsync<JournalFaultException>(async () =>
        {
            await foreach (var step in StepsAhead.Of(maker.StepsAsync(Cancellation), Cancellation))
            {
                steps++;
            }
        });
        Assert.Equal((10, true), (steps, maker.IsOver));
    }

    [Theory]
    [InlineData(5)] // Waits for a step.
    [InlineData(int.MaxValue)] // Waits for room.
    public async Task Cancellation_ends_both_halves(int made)
    {
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var maker = new Maker(_ => new WalkStep.Forget()) { WaitsAt = made };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var step in StepsAhead.Of(maker.StepsAsync(Cancellation), cancelling.Token))
            {
                await maker.HasMadeAsync(Math.Min(made, 1 + MostSteps));
                await cancelling.CancelAsync();
            }
        });
        Assert.True(maker.IsOver);
    }

    [Fact]
    public async Task Some_thousand_facts_are_ahead_and_no_more()
    {
        const int Facts = 1024;
        const int Steps = 200;
        const int Most = 8 * 1024;
        var maker = new Maker(i => i < Steps ? new WalkStep.Fold(0, new FactBatch(new StoredFact[Facts]), (i + 1) * Facts) : null);
        var done = 0;
        await foreach (var step in StepsAhead.Of(maker.StepsAsync(Cancellation), Cancellation))
        {
            // One more is made and waits for room.
            await maker.HasMadeAsync(Math.Min(Steps, done + (Most / Facts)));
            Assert.InRange(maker.Made, done, done + (Most / Facts) + 1);
            done++;
        }

        Assert.Equal(Steps, done);
    }

    /// <summary>Makes steps, and says how many.</summary>
    private sealed class Maker(Func<int, WalkStep?> make)
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal int WaitsAt { get; init; } = int.MaxValue;

        internal int Made { get; private set; }

        internal bool IsOver { get; private set; }

        internal async Task HasMadeAsync(int steps)
        {
            while (true)
            {
                Task more;
                lock (_gate)
                {
                    if (Made >= steps)
                    {
                        return;
                    }

                    more = _more.Task;
                }

                await more.WaitAsync(Cancellation);
            }
        }

        internal async IAsyncEnumerable<WalkStep> StepsAsync([EnumeratorCancellation] CancellationToken cancellation)
        {
            try
            {
                for (var i = 0; make(i) is { } step; i++)
                {
                    if (i == WaitsAt)
                    {
                        await new TaskCompletionSource().Task.WaitAsync(cancellation);
                    }

                    lock (_gate)
                    {
                        Made++;
                        _more.SetResult();
                        _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    }

                    yield return step;
                }
            }
            finally
            {
                IsOver = true;
            }
        }
    }
}
