namespace Millrace.Models.Policies;

/// <summary>At least so many items of one kind of item in a slate, or in its first places.</summary>
public sealed record Quota
{
    /// <summary>The most that a policy declares.</summary>
    public const int MostOfPolicy = 5;

    /// <summary>The most that a request adds.</summary>
    public const int MostOfRequest = 3;

    /// <summary>The attribute whose <see cref="Value"/> is wanted (<c>kind</c>, <c>provider</c> or one of the items' own); null where <see cref="Fresh"/> says what is.</summary>
    public string? Attribute { get; init; }

    public string? Value { get; init; }

    /// <summary>Items of at most this age, by their publication, are wanted.</summary>
    public TimeSpan? Fresh { get; init; }

    /// <summary>So many; 0 where <see cref="Share"/> says how many.</summary>
    public int Least { get; init; }

    /// <summary>So much of the places that it looks at, rounded up.</summary>
    public double Share { get; init; }

    /// <summary>Looks at the first so many places, over the slots in their order; null for all.</summary>
    public int? Top { get; init; }

    /// <summary>How many of <paramref name="places"/> it looks at.</summary>
    public int Reach(int places) => Math.Min(Top ?? places, places);

    /// <summary>How many it wants of a slate of <paramref name="places"/>. A share that was written as a decimal is not rounded up for its last bit.</summary>
    public int Need(int places) => Least > 0 ? Least : (int)Math.Ceiling((Share * Reach(places)) - 1e-9);
}
