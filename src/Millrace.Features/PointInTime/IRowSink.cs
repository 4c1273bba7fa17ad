namespace Millrace.Features.PointInTime;

/// <summary>Takes the training rows of one slice of time, in order. Not thread-safe; slices may be written side by side, each by a sink of its own.</summary>
public interface IRowSink : IAsyncDisposable
{
    /// <summary>Takes the rows of one decision; what it needs of them it has copied when this completes.</summary>
    /// <exception cref="ArgumentException">The columns are not as long as each other, or not as wide as the slice's features.</exception>
    ValueTask WriteAsync(in DecisionRows rows, CancellationToken cancellation = default);

    /// <summary>Says that the slice has no more rows. Once this completes, all of it is durable and visible; a sink that is disposed before leaves the slice undone.</summary>
    ValueTask CompleteAsync(CancellationToken cancellation = default);
}
