using Millrace.Api;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>Joint decision→delivery: signs a token for each item that a decision hands out, and puts it into the item's URL.</summary>
/// <param name="tokens">Signs.</param>
internal sealed class DeliveryUrls(DeliveryTokens tokens) : IDeliveryUrls
{
    /// <summary>
    /// The tenant whose decisions the delivery listener can verify. Delivery knows routes, not tenants; until routes belong to tenants, the default
    /// tenant's tokens are the only ones that join.
    /// </summary>
    public const string Tenant = "default";

    /// <summary>How long a token lives: as long as event ids are remembered, so that a late click still joins.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(24);

    /// <summary>The query parameter that bears the token; routes remove it before the cache key is formed.</summary>
    public const string Parameter = Delivery.Routes.Route.DefaultTagParameter;

    /// <summary>The token lives from when the decision was taken, so that the same decision, asked for again, hands out the same tokens.</summary>
    public string Sign(Decided decision, DecidedItem item, string slot, int rank) =>
        tokens.Sign(new DeliveryToken(decision.Tenant, decision.Id, item.Item, rank, decision.Received + Life, slot));

    /// <summary><paramref name="bodyUrl"/> with the token as its last query parameter, before any fragment.</summary>
    public string Join(string bodyUrl, string token)
    {
        var fragment = bodyUrl.IndexOf('#', StringComparison.Ordinal);
        var head = fragment < 0 ? bodyUrl : bodyUrl[..fragment];
        var joint = head.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return $"{head}{joint}{Parameter}={token}{(fragment < 0 ? "" : bodyUrl[fragment..])}";
    }
}
