namespace Millrace.Learning.Training.Slices;

/// <summary>How examples are to be cut: at times, or where so much of them is left.</summary>
internal sealed record SliceCuts
{
    /// <summary>The last share of the examples judges; 0 for none. As many as that, to the whole decision.</summary>
    public double Test { get; init; } = 0.1;

    /// <summary>The share before it says when to stop; 0 for none.</summary>
    public double Valid { get; init; } = 0.1;

    /// <summary>Where the stopping slice begins, in place of its share, in Unix µs.</summary>
    public long? ValidFrom { get; init; }

    /// <summary>Where the judging slice begins, in place of its share.</summary>
    public long? TestFrom { get; init; }

    /// <summary>Left out before each cut.</summary>
    public TimeSpan Gap { get; init; }

    /// <summary>Reads the times once and says where the cuts are.</summary>
    /// <exception cref="TrainingException">The cuts leave nothing to train on.</exception>
    internal async Task<TimeSlices> ResolveAsync(IExamples examples, CancellationToken cancellation)
    {
        var gap = Gap.Ticks / TimeSpan.TicksPerMicrosecond;
        if ((ValidFrom is not null || Valid == 0) && (TestFrom is not null || Test == 0))
        {
            return new TimeSlices(ValidFrom ?? TestFrom ?? long.MaxValue, TestFrom ?? long.MaxValue, gap);
        }

        var testAt = Test > 0 ? (long)(examples.Count * (1 - Test)) : long.MaxValue;
        var validAt = (long)(examples.Count * (1 - Valid - Test));
        var (validFrom, testFrom, seen) = (ValidFrom ?? long.MaxValue, TestFrom ?? long.MaxValue, 0L);
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            if (ValidFrom is null && validAt >= seen && validAt < seen + batch.Count)
            {
                validFrom = batch.Times.Span[(int)(validAt - seen)];
            }

            if (TestFrom is null && testAt >= seen && testAt < seen + batch.Count)
            {
                testFrom = batch.Times.Span[(int)(testAt - seen)];
                break;
            }

            seen += batch.Count;
        }

        return new TimeSlices(Math.Min(validFrom, testFrom), testFrom, gap);
    }
}
