using Millrace.World.Audience;
using Millrace.World.Clicks;
using Millrace.World.Items;

namespace Millrace.World;

/// <summary>Everything that fixes a world: two worlds with equal options are the same world.</summary>
public sealed record WorldOptions
{
    /// <summary>Seeds every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How many topics items and tastes are about.</summary>
    public int Topics { get; init; } = 12;

    /// <summary>How many countries users and items come from; the country is also a user's segment.</summary>
    public int Countries { get; init; } = 4;

    /// <summary>
    /// The time in which the tastes of countries and the qualities of items move from one draw to the next, evenly; null holds them still.
    /// </summary>
    public TimeSpan? Drift { get; init; }

    /// <summary>What is published, and how it ages.</summary>
    public ItemOptions Items { get; init; } = new();

    /// <summary>Who comes, how often, how long.</summary>
    public AudienceOptions Audience { get; init; } = new();

    /// <summary>How a slate is looked at.</summary>
    public IClickModel ClickModel { get; init; } = new PositionBasedModel();

    /// <summary>How late bodies are punished.</summary>
    public Patience Patience { get; init; } = new();

    /// <summary>Checks what the generator relies on.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it and says what was expected.</exception>
    public void Validate()
    {
        Check(Topics is >= 1 and <= 1000, nameof(Topics), "1 to 1000", Topics);
        Check(Countries is >= 1 and <= 100, nameof(Countries), "1 to 100", Countries);
        Check(Drift is null || Drift > TimeSpan.Zero, nameof(Drift), "above zero", Drift!);
        Check(Items.Live is >= 1 and <= 1_000_000, "Items.Live", "1 to 1000000", Items.Live);
        Check(Items.Providers is >= 1 and <= 10_000, "Items.Providers", "1 to 10000", Items.Providers);
        Check(Items.Lifetime > TimeSpan.Zero, "Items.Lifetime", "above zero", Items.Lifetime);
        Check(Items.HalfLife > TimeSpan.Zero, "Items.HalfLife", "above zero", Items.HalfLife);
        Check(Items.Scale is > 0 and <= 1, "Items.Scale", "above 0, at most 1", Items.Scale);
        Check(Items.PlantedEvery >= 0, "Items.PlantedEvery", "at least 0", Items.PlantedEvery);
        Check(Audience.Users is >= 1 and <= 100_000_000, "Audience.Users", "1 to 100000000", Audience.Users);
        Check(Audience.ViewsPerSecond is > 0 and <= 1e6, "Audience.ViewsPerSecond", "above 0, at most 1000000", Audience.ViewsPerSecond);
        Check(Audience.MeanViews is >= 1 and <= 100, "Audience.MeanViews", "1 to 100", Audience.MeanViews);
        Check(Audience.IntentShare is >= 0 and <= 1, "Audience.IntentShare", "0 to 1", Audience.IntentShare);
        Check(Audience.CountryShare is >= 0 and <= 1, "Audience.CountryShare", "0 to 1", Audience.CountryShare);
        Check(Audience.SlateSize is >= 1 and <= 100, "Audience.SlateSize", "1 to 100", Audience.SlateSize);
        Check(Patience.Tolerance > TimeSpan.Zero, "Patience.Tolerance", "above zero", Patience.Tolerance);
    }

    private static void Check(bool holds, string name, string expected, object got)
    {
        if (!holds)
        {
            throw new ArgumentException($"World option {name}: expected {expected}, got {got}.");
        }
    }
}
