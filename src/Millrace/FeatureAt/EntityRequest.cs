using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.PointInTime;

namespace Millrace.FeatureAt;

/// <summary>Whose features are asked for, and as of when.</summary>
internal sealed record EntityRequest
{
    /// <summary>Item, user or session.</summary>
    public required FeatureEntity Entity { get; init; }

    public required string Id { get; init; }

    public required AsOf AsOf { get; init; }

    /// <summary>The context of the request that is imagined; null when none is, and features of it are left out.</summary>
    public ImmutableSortedDictionary<string, string>? Context { get; init; }

    public string Surface { get; init; } = "";

    public string? Segment { get; init; }

    public string? Slot { get; init; }

    /// <summary>Whether a feature is one of what is asked about.</summary>
    public bool Takes(FeatureDefinition feature) => feature.Entity == Entity || (Entity == FeatureEntity.Item && feature.Entity switch
    {
        FeatureEntity.UserItem or FeatureEntity.UserAttribute => AsOf.User is not null || AsOf.Session is not null,
        FeatureEntity.ItemContext or FeatureEntity.Context => Context is not null,
        _ => false,
    });
}
