using Millrace.World;
using Millrace.World.Audience;
using Millrace.World.Clicks;
using Millrace.World.Items;

namespace Millrace.Demo;

/// <summary>What the flags of <c>millrace demo</c> say.</summary>
internal sealed record DemoOptions
{
    /// <summary>World seconds per second of the clock: an hour of news in a minute.</summary>
    public const double Acceleration = 60;

    /// <summary>The data directory when <c>--keep</c> is given.</summary>
    public const string KeptDirectory = "./data/demo";

    /// <summary>How long; null runs until Ctrl-C.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>People in the world.</summary>
    public int Users { get; init; } = 2_000;

    /// <summary>Decisions per second of the clock.</summary>
    public double Rate { get; init; } = 20;

    /// <summary>Seeds the world.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How people click.</summary>
    public IClickModel ClickModel { get; init; } = new PositionBasedModel();

    /// <summary>Whether the data directory outlives the demo.</summary>
    public bool Keep { get; init; }

    /// <summary>The delivery listener's port; api, admin and origin take the next three. 0 takes free ones.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>
    /// A world whose items fade within minutes of the clock (six hours of the world are six minutes), so that a minute shows the whole
    /// cycle of birth, discovery and fading; people think for a second between views. A general-interest site: few topics, three countries,
    /// so that what many like is worth showing to somebody unknown, and what a session clicked says more.
    /// </summary>
    public WorldOptions World => new()
    {
        Seed = Seed,
        ClickModel = ClickModel,
        Topics = 6,
        Countries = 3,
        Items = new ItemOptions { Live = 240, Lifetime = TimeSpan.FromHours(12), HalfLife = TimeSpan.FromHours(6), Scale = 0.9 },
        Audience = new AudienceOptions
        {
            Users = Users,
            ViewsPerSecond = Rate / Acceleration,
            MeanViews = 6,
            MeanThink = TimeSpan.FromSeconds(60),
            SlateSize = DemoConfig.SlateSize,
        },
    };
}
