namespace Millrace.Delivery.Purge;

/// <summary>
/// What a node does that is asked by a peer which has obeyed more purges: it gives its own feed a moment to bring them. A node that does not come so far, or
/// follows another feed, notes that they were acknowledged, and trusts nothing that began before.
/// </summary>
internal sealed class CatchingUp(PurgeLog log, TimeProvider time)
{
    /// <summary>Longer than a feed's news takes; short beside what a request has until its edge asks the origin itself.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private int _waiting;

    /// <summary>Requests that wait, for tests whose clock must not go on before.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>The feed that this node follows; null for none.</summary>
    public PurgeFollower? Follower { get; set; }

    /// <summary>Whether everything that the mark stands for has been obeyed here.</summary>
    /// <param name="mark">What a peer has obeyed.</param>
    /// <param name="isByPeer">Whether it is surely a peer: on anybody's word nothing is noted, since a false mark would vouch for what is older.</param>
    /// <param name="left">How long the peer waits for its answer.</param>
    /// <param name="cancellationToken">The peer.</param>
    public async ValueTask<bool> ReachAsync(PurgeMark mark, bool isByPeer, TimeSpan? left, CancellationToken cancellationToken)
    {
        if (Follower is { } follower && follower.Feed == mark.Feed && (follower.Next >= mark.Next || await WaitAsync(follower, mark.Next, left, cancellationToken)))
        {
            return true;
        }

        if (isByPeer)
        {
            log.Hear(mark);
        }

        return false;
    }

    private async ValueTask<bool> WaitAsync(PurgeFollower follower, long next, TimeSpan? left, CancellationToken cancellationToken)
    {
        // A quarter of what is left leaves the origin the rest.
        using CancellationTokenSource late = new(left is { } bound && bound / 4 < Patience ? bound / 4 : Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        Interlocked.Increment(ref _waiting);
        try
        {
            await follower.WaitAsync(next - 1, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (IOException)
        {
            // The feed is out of reach.
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
