using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Origins;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>The breaker on virtual time, with requests that end in any order.</summary>
public sealed class CircuitBreakerTests : IDisposable
{
    private static readonly BreakerOptions Options = new() { MinRequests = 4, Successes = 2, Open = TimeSpan.FromSeconds(5) };

    private readonly FakeTimeProvider _time = new();
    private readonly OriginWatch _watch;

    public CircuitBreakerTests() => _watch = new OriginWatch(_time);

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void Breaker_opens_tries_one_and_closes()
    {
        CircuitBreaker breaker = new(Options, _watch);
        for (var i = 0; i < 3; i++)
        {
            breaker.Ended(Enter(breaker), false, _watch.Now);
        }

        Assert.Equal(BreakerState.Closed, breaker.State(_watch.Now));
        breaker.Ended(Enter(breaker), false, _watch.Now);
        Assert.Equal(BreakerState.Open, breaker.State(_watch.Now));
        Assert.False(breaker.TryEnter(_watch.Now, out _));
        _time.Advance(TimeSpan.FromSeconds(5));
        var first = Enter(breaker);
        Assert.False(breaker.TryEnter(_watch.Now, out _));
        breaker.Ended(first, null, _watch.Now);
        breaker.Ended(Enter(breaker), false, _watch.Now);
        Assert.False(breaker.TryEnter(_watch.Now, out _));
        _time.Advance(TimeSpan.FromSeconds(5));
        breaker.Ended(Enter(breaker), true, _watch.Now);
        breaker.Ended(Enter(breaker), true, _watch.Now);
        Assert.Equal(BreakerState.Closed, breaker.State(_watch.Now));
    }

    /// <summary>Requests that hung when it opened end while it tries, well or badly: neither is the try's.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [InlineData(null)]
    public void What_began_before_it_opened_does_not_move_it(bool? well)
    {
        CircuitBreaker breaker = new(Options, _watch);
        BreakerTicket[] late = [.. Enumerable.Range(0, 5).Select(_ => Enter(breaker))];
        Open(breaker);
        Array.ForEach(late[..2], ticket => breaker.Ended(ticket, well, _watch.Now));
        Assert.Equal(BreakerState.Open, breaker.State(_watch.Now));
        _time.Advance(TimeSpan.FromSeconds(5));
        var probe = Enter(breaker);
        Array.ForEach(late[2..], ticket => breaker.Ended(ticket, well, _watch.Now));
        Assert.Equal(BreakerState.HalfOpen, breaker.State(_watch.Now));

        // The one try is still out.
        Assert.False(breaker.TryEnter(_watch.Now, out _));
        breaker.Ended(probe, true, _watch.Now);
        breaker.Ended(Enter(breaker), true, _watch.Now);
        Assert.Equal(BreakerState.Closed, breaker.State(_watch.Now));
    }

    [Fact]
    public void Body_that_fails_after_a_good_head_is_one_failed_request()
    {
        CircuitBreaker breaker = new(Options with { FailureShare = 0.5 }, _watch);

        // Three requests, of which two bodies fail: three are too few to say anything.
        BreakerTicket[] tickets = [Enter(breaker), Enter(breaker), Enter(breaker)];
        Array.ForEach(tickets, ticket => breaker.Ended(ticket, true, _watch.Now));
        breaker.BodyFailed(tickets[0], _watch.Now);
        breaker.BodyFailed(tickets[1], _watch.Now);
        Assert.Equal(BreakerState.Closed, breaker.State(_watch.Now));

        // The fourth makes it half of four.
        breaker.Ended(Enter(breaker), true, _watch.Now);
        Assert.Equal(BreakerState.Open, breaker.State(_watch.Now));
    }

    [Fact]
    public void Try_whose_body_fails_opens_it_again()
    {
        CircuitBreaker breaker = new(Options, _watch);
        Open(breaker);
        _time.Advance(TimeSpan.FromSeconds(5));
        var probe = Enter(breaker);
        breaker.Ended(probe, true, _watch.Now);
        var second = Enter(breaker);
        breaker.BodyFailed(probe, _watch.Now);
        Assert.Equal(BreakerState.Open, breaker.State(_watch.Now));
        breaker.Ended(second, true, _watch.Now);
        Assert.Equal(BreakerState.Open, breaker.State(_watch.Now));
    }

    /// <summary>Random interleavings: half-open there is never more than one try out, and it always comes to be closed again when the server is well.</summary>
    [Fact]
    public void Any_interleaving_leaves_a_breaker_that_closes_when_all_is_well()
    {
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 9]).Array[1, 80].Sample(
            steps =>
            {
                FakeTimeProvider time = new();
                using OriginWatch watch = new(time);
                CircuitBreaker breaker = new(Options, watch);
                List<(BreakerTicket Ticket, bool Probe)> open = [];
                foreach (var (kind, which) in steps)
                {
                    if (kind == 0)
                    {
                        time.Advance(TimeSpan.FromSeconds(which));
                    }
                    else if (kind <= 2 && breaker.TryEnter(watch.Now, out var ticket))
                    {
                        var probes = breaker.State(watch.Now) == BreakerState.HalfOpen;
                        Assert.False(probes && open.Exists(other => other.Probe && other.Ticket == ticket));
                        open.Add((ticket, probes));
                    }
                    else if (kind > 2 && open.Count > 0)
                    {
                        var ended = open[which % open.Count];
                        open.RemoveAt(which % open.Count);
                        breaker.Ended(ended.Ticket, kind == 3, watch.Now);
                        if (kind == 3 && which % 3 == 0)
                        {
                            breaker.BodyFailed(ended.Ticket, watch.Now);
                        }
                    }
                }

                open.ForEach(left => breaker.Ended(left.Ticket, null, watch.Now));
                time.Advance(TimeSpan.FromSeconds(5));
                for (var i = 0; i < 2; i++)
                {
                    Assert.True(breaker.TryEnter(watch.Now, out var ticket));
                    breaker.Ended(ticket, true, watch.Now);
                }

                Assert.Equal(BreakerState.Closed, breaker.State(watch.Now));
            },
            iter: 5_000);
    }

    private BreakerTicket Enter(CircuitBreaker breaker)
    {
        Assert.True(breaker.TryEnter(_watch.Now, out var ticket));
        return ticket;
    }

    private void Open(CircuitBreaker breaker)
    {
        for (var i = 0; i < Options.MinRequests; i++)
        {
            breaker.Ended(Enter(breaker), false, _watch.Now);
        }

        Assert.Equal(BreakerState.Open, breaker.State(_watch.Now));
    }
}
