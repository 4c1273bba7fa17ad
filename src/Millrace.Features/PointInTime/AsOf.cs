using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>What is asked about, and by which two clocks.</summary>
internal sealed record AsOf
{
    /// <summary>Where windows end: what happened later, as its sender says, is left out.</summary>
    public required UnixMicros Time { get; init; }

    /// <summary>What was received at or after it is not known.</summary>
    public required UnixMicros Known { get; init; }

    /// <summary>The item whose events are counted; null when none is asked about.</summary>
    public string? Item { get; init; }

    public string? User { get; init; }

    public string? Session { get; init; }
}
