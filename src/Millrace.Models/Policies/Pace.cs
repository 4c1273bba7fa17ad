namespace Millrace.Models.Policies;

/// <summary>A share of the places of slates that items with an attribute's value should hold over time: a floor or a ceiling that is met by a bonus, and not slate by slate.</summary>
/// <param name="Attribute"><c>provider</c>, <c>kind</c>, or one of the items' own.</param>
/// <param name="Value">The value; of several that an item has, one is enough.</param>
/// <param name="Least">At least this share, 0 to 1; null for no floor.</param>
/// <param name="Most">At most this share, 0 to 1; null for no ceiling.</param>
/// <param name="Over">The time over which it should hold.</param>
public sealed record Pace(string Attribute, string Value, double? Least, double? Most, TimeSpan Over)
{
    /// <summary>The most that a policy declares.</summary>
    public const int MostOfPolicy = 8;

    /// <summary>The shortest time over which a share can be held.</summary>
    public static TimeSpan Shortest { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromDays(30);

    /// <summary><c>provider=acme</c>.</summary>
    public string Name => $"{Attribute}={Value}";
}
