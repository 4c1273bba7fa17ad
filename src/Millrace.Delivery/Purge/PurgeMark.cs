using System.Globalization;

namespace Millrace.Delivery.Purge;

/// <summary>All purges of a feed before an offset. Offsets of two feeds have nothing to do with each other.</summary>
/// <param name="Feed">The feed (<see cref="IPurgeFeed.Name"/>).</param>
/// <param name="Next">One past the last of them.</param>
internal readonly record struct PurgeMark(string Feed, long Next)
{
    /// <summary>Characters of a feed's name at most.</summary>
    public const int MaxFeed = 64;

    /// <summary>As it stands in <c>Millrace-Tier</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"purges={Next}; feed={Feed}");
}
