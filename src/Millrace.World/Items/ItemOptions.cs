namespace Millrace.World.Items;

/// <summary>What is published, and how it ages. Durations are the world's own, which may run faster than the clock.</summary>
public sealed record ItemOptions
{
    /// <summary>How many items are alive at any time; one is born whenever one dies.</summary>
    public int Live { get; init; } = 400;

    /// <summary>From an item's birth to its death.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(20);

    /// <summary>An item's attraction halves in this time; news fade within hours.</summary>
    public TimeSpan HalfLife { get; init; } = TimeSpan.FromHours(6);

    /// <summary>How many providers publish.</summary>
    public int Providers { get; init; } = 20;

    /// <summary>Each item with a number that this divides, born after the world's start, is of the best quality that there is; 0 plants none.</summary>
    public int PlantedEvery { get; init; }

    /// <summary>The attraction of the best fresh item to the user who likes it most.</summary>
    public double Scale { get; init; } = 0.7;
}
