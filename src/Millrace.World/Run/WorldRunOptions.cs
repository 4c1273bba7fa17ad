using Millrace.World.Items;

namespace Millrace.World.Run;

/// <summary>How a world is let loose on a system.</summary>
public sealed record WorldRunOptions
{
    /// <summary>Distinguishes this run's sessions, decisions and events from those of earlier runs in one data directory.</summary>
    public required string RunId { get; init; }

    /// <summary>The URL under which an item's body is published.</summary>
    public required Func<WorldItem, string> BodyUrl { get; init; }

    /// <summary>The surface that is asked for.</summary>
    public string Surface { get; init; } = "home";

    /// <summary>World seconds per second of the clock.</summary>
    public double Acceleration { get; init; } = 1;

    /// <summary>Visits under way at once; arrivals above it are turned away and counted.</summary>
    public int MaxVisits { get; init; } = 2_000;

    /// <summary>How often newborn items are published, on the clock.</summary>
    public TimeSpan PublishEvery { get; init; } = TimeSpan.FromMilliseconds(500);
}
