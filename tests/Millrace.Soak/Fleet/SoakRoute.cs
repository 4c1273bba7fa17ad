namespace Millrace.Soak.Fleet;

/// <summary>A route of every node: its host and what it promises.</summary>
/// <param name="Host">The host.</param>
/// <param name="Contract">The contract as the configuration writes it.</param>
/// <param name="PastSeconds">How far past freshness the contract lets a copy go.</param>
internal sealed record SoakRoute(string Host, string Contract, double PastSeconds)
{
    public static readonly SoakRoute Available = new("available.soak", "available", double.PositiveInfinity);
    public static readonly SoakRoute Bounded = new("bounded.soak", "{bounded: 4s}", 4);
    public static readonly SoakRoute Strict = new("strict.soak", "strict", 0);

    public static readonly SoakRoute[] All = [Available, Bounded, Strict];
}
