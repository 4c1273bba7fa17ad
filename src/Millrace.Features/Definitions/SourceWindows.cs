using System.Collections.Immutable;

namespace Millrace.Features.Definitions;

/// <summary>What candidate sources want a feature set to keep beside its features: how far back each of their lists looks.</summary>
public sealed record SourceWindows
{
    /// <summary>Windows of popular lists.</summary>
    public ImmutableArray<TimeSpan> Popular { get; init; } = [];

    /// <summary>Windows of popular lists that are kept for each segment, distinct and ascending.</summary>
    public ImmutableArray<TimeSpan> Segments { get; init; } = [];

    /// <summary>How far back the clicks of a user are kept for items that go with them; null keeps none.</summary>
    public TimeSpan? History { get; init; }
}
