namespace Millrace.Delivery.Purge;

/// <summary>What is remembered of a purge: at which offset, and what it named.</summary>
/// <param name="Offset">Its place in the order of purges.</param>
/// <param name="Names">Hashes of keys and tags (<see cref="PurgeNames"/>).</param>
/// <param name="Patterns">What covers keys.</param>
/// <param name="Soft">Whether what it names became stale, rather than void.</param>
internal sealed record PurgeTrace(long Offset, IReadOnlyList<UInt128> Names, IReadOnlyList<PurgePattern> Patterns, bool Soft)
{
    /// <summary>Whether it stands for all purges up to it, which are forgotten: everything that began before is void.</summary>
    public bool IsFloor { get; init; }

    /// <summary>Whether tags are among the names, so that it may concern any object.</summary>
    public bool HasTags { get; init; }

    public static PurgeTrace Of(long offset, PurgeScope scope) =>
        new(offset, [.. scope.Keys.Select(PurgeNames.OfKey), .. scope.SurrogateKeys.Select(PurgeNames.OfSurrogate)], [.. scope.Patterns], scope.Soft) { HasTags = scope.SurrogateKeys.Count > 0 };

    public static PurgeTrace Floor(long offset) => new(offset, [], [], false) { IsFloor = true };
}
