using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>What is said of a feature beside how it is computed.</summary>
public sealed record FeatureInfo
{
    public static FeatureInfo None { get; } = new();

    /// <summary>Who answers for it; empty when nobody is named.</summary>
    public string Owner { get; init; } = "";

    public string Description { get; init; } = "";

    public FeatureSensitivity Sensitivity { get; init; }

    public FeatureLife Life { get; init; }

    /// <summary>Within which time a fact must show in the value; null sets no objective.</summary>
    public TimeSpan? Fresh { get; init; }

    /// <summary>What is read where the value is missing or expired; null leaves it missing.</summary>
    public float? Default { get; init; }

    /// <summary>How old a value may be before it reads as <see cref="Default"/>; null keeps it as long as its state does.</summary>
    public TimeSpan? Ttl { get; init; }
}

/// <summary>Whom a feature's values concern, and what they may be used for.</summary>
public enum FeatureSensitivity
{
    /// <summary>Nobody in particular.</summary>
    None,

    /// <summary>A person: erased with the user.</summary>
    Personal,

    /// <summary>An attribute that law or policy protects: fairness may be measured by it, no model takes it unless its policy says so.</summary>
    Protected,
}

/// <summary>A feature's life: a removal is refused while a policy in force, or the horizon of replay, needs it.</summary>
public enum FeatureLife
{
    Active,

    /// <summary>Still computed; whoever uses it is warned.</summary>
    Deprecated,

    /// <summary>No longer computed; its name stays taken.</summary>
    Removed,
}

/// <summary>What a feature is a value of.</summary>
public enum FeatureEntity
{
    Item,
    User,
    Session,

    /// <summary>The request: time of day, place.</summary>
    Context,

    /// <summary>A user's or session's past with the item.</summary>
    UserItem,

    /// <summary>A user's or session's leaning to an attribute that the item has.</summary>
    UserAttribute,

    /// <summary>The item in a context.</summary>
    ItemContext,
}

internal static class FeatureEntities
{
    /// <summary>Whose state an entity's features read: the user's, else the session's.</summary>
    internal static PersonEntity Person(this FeatureEntity of) => of == FeatureEntity.User ? PersonEntity.User : PersonEntity.Session;
}
