namespace Millrace.Tests.Api;

/// <summary>The system's clock, ahead by a span that a test sets: timers run as ever, so that a whole node lives on it.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    /// <summary>How far ahead; set while nobody else reads it.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
}
