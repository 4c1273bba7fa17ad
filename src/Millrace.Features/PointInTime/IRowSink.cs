namespace Millrace.Features.PointInTime;

/// <summary>Takes the training rows of one slice of time, in order. Not thread-safe; slices may be written side by side, each by a sink of its own.</summary>
public interface IRowSink : IAsyncDisposable
{
    /// <summary>Takes the rows of one decision; what it needs of them it has copied when this completes.</summary>
    /// <exception cref="ArgumentException">The matrix is not items × features long.</exception>
    ValueTask WriteAsync(in DecisionRows rows, CancellationToken cancellation = default);

    /// <summary>Says that the slice has no more rows. Once this completes, all of it is durable and visible; a sink that is disposed before leaves the slice undone.</summary>
    /// <param name="isWhole">Whether no later run can find more: what is not whole yet can be read, and is made anew by a later run.</param>
    /// <param name="cancellation">Leaves the slice undone.</param>
    ValueTask CompleteAsync(bool isWhole = true, CancellationToken cancellation = default);
}
