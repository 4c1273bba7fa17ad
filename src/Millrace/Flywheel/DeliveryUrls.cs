using Millrace.Api;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>Joint decision→delivery: puts a signed token into the URL of each item that a decision hands out.</summary>
/// <param name="tokens">Signs.</param>
/// <param name="clock">Tells from when on the token lives.</param>
internal sealed class DeliveryUrls(DeliveryTokens tokens, TimeProvider clock) : IDeliveryUrls
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

    /// <summary><paramref name="bodyUrl"/> with the token as its last query parameter, before any fragment.</summary>
    public string Mint(Decided decision, DecidedItem item, string slot, int rank, string bodyUrl)
    {
        var token = tokens.Sign(new DeliveryToken(decision.Tenant, decision.Id, item.Item, rank, UnixMicros.Now(clock) + Life));
        var fragment = bodyUrl.IndexOf('#', StringComparison.Ordinal);
        var head = fragment < 0 ? bodyUrl : bodyUrl[..fragment];
        var joint = head.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return $"{head}{joint}{Parameter}={token}{(fragment < 0 ? "" : bodyUrl[fragment..])}";
    }
}
