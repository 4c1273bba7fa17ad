namespace Millrace.World.Audience;

/// <summary>Who comes, how often, how long. Rates and durations are the world's own, which may run faster than the clock.</summary>
public sealed record AudienceOptions
{
    /// <summary>How many people there are; some come more often than others.</summary>
    public int Users { get; init; } = 5_000;

    /// <summary>Page views per second of the world, on average; each asks for one decision.</summary>
    public double ViewsPerSecond { get; init; } = 0.5;

    /// <summary>Views per visit, on average (geometric).</summary>
    public double MeanViews { get; init; } = 5;

    /// <summary>From one view to the next, on average (exponential).</summary>
    public TimeSpan MeanThink { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>How long somebody stays on an item that they fully like, on average.</summary>
    public TimeSpan MeanDwell { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How much of a liking is what the visitor came for; the rest is their lasting taste. Above half, topics cluster within sessions.</summary>
    public double IntentShare { get; init; } = 0.6;

    /// <summary>How much of a user's lasting taste is that of their country; the rest is their own.</summary>
    public double CountryShare { get; init; }

    /// <summary>How many items a slate shows.</summary>
    public int SlateSize { get; init; } = 8;
}
