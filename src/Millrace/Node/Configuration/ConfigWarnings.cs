using Millrace.Delivery.Routes;

namespace Millrace.Node.Configuration;

/// <summary>What a configuration may say, but somebody should have thought about: told by <c>millrace validate</c>, and in the log at each start and reload.</summary>
internal static class ConfigWarnings
{
    public static IEnumerable<string> Of(NodeConfig config) =>
        config.Routes.Select(static (route, i) => (Route: route, Index: i))
            .Where(static one => one.Route.SetCookie == SetCookieRule.Store)
            .Select(static one => $"routes[{one.Index}].setCookie: '{one.Route.Match}' gives the cookies that one request brought about to everybody; strip keeps the answers and not the cookies");
}
