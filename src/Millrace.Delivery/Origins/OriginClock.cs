namespace Millrace.Delivery.Origins;

/// <summary>The time that an origin has for what it is waited for: taking a piece of the body, or answering once it has it all.</summary>
internal sealed class OriginClock(DeliveryOptions options, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(options.ResponseTimeout, time);

    public CancellationToken Token => _timeout.Token;

    /// <summary>The client is silent; its server's minimum data rate bounds that, and it is none of the origin's fault.</summary>
    public void WaitForClient() => _timeout.CancelAfter(Timeout.InfiniteTimeSpan);

    public void WaitForUpload() => _timeout.CancelAfter(options.BodyIdleTimeout);

    public void WaitForHead() => _timeout.CancelAfter(options.ResponseTimeout);

    public void Dispose() => _timeout.Dispose();
}
