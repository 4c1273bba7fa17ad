using Millrace.Delivery.Origins;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Routes;

/// <summary>A host and path pattern with its origin and contract.</summary>
/// <param name="Match"><c>host/path</c>; the host is a name, <c>*.suffix</c> or <c>*</c>; a path that ends in <c>*</c> is a prefix, any other is exact.</param>
/// <param name="Origin">Absolute http or https URI; its path is put before the request's.</param>
/// <param name="Contract">What holds when the origin cannot be asked.</param>
/// <param name="TagParameter">The query parameter whose value is handed to the sink and never reaches key or origin; null for none.</param>
public sealed record Route(string Match, Uri Origin, Contract Contract, string? TagParameter = Route.DefaultTagParameter)
{
    /// <summary>The parameter that a decision's URLs carry unless a route says otherwise.</summary>
    public const string DefaultTagParameter = "_mr";

    /// <summary>The servers to ask in place of <see cref="Origin"/>, which then names the first of them; null when there is one.</summary>
    public OriginGroupOptions? Group { get; init; }

    /// <summary>The nodes to ask before the origin; null for none.</summary>
    public ShieldOptions? Shields { get; init; }
}
