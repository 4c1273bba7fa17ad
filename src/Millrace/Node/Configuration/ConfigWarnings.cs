using Millrace.Delivery.Routes;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>What a configuration may say, but somebody should have thought about: told by <c>millrace validate</c>, and in the log at each start and reload.</summary>
internal static class ConfigWarnings
{
    public static IEnumerable<string> Of(NodeConfig config) => [.. Cookies(config), .. Unsigned(config), .. Useless(config), .. Uses(config)];

    private static IEnumerable<string> Cookies(NodeConfig config) =>
        config.Routes.Where(static route => route.SetCookie == SetCookieRule.Store)
            .Select(route => $"{Path(config, route)}.setCookie: '{route.Match}' gives the cookies that one request brought about to everybody; strip keeps the answers and not the cookies");

    private static IEnumerable<string> Unsigned(NodeConfig config) =>
        RouteTable.Create(config.Routes).UnsignedBefore().Select(one =>
            $"{Path(config, one.Before)}: '{one.Before.Match}' has the more exact host, so it serves without signature what '{one.Signed.Match}' would want signed; give it `signed`, or a route for that path");

    private static IEnumerable<string> Useless(NodeConfig config)
    {
        if (config.Routes.IsEmpty)
        {
            yield return "routes: there is none, so the delivery listener answers 404 to everything";
        }

        if (config.Tls.Listen is null && !config.Tls.Certificates.IsEmpty)
        {
            yield return "tls.certificates: tls.listen is not set, so no TLS is spoken";
        }

        if (config.Cache.Object > config.Cache.Memory && config.Cache.Disk is null)
        {
            yield return "cache.object: it is larger than cache.memory, which can keep no such object";
        }
    }

    private static IEnumerable<string> Uses(NodeConfig config)
    {
        var features = config.Features.ToDictionary(feature => feature.Name, StringComparer.Ordinal);
        foreach (var feature in config.Features.Where(feature => feature.Info.Life != FeatureLife.Deprecated))
        {
            foreach (var old in feature.Inputs.Where(input => features[input].Info.Life == FeatureLife.Deprecated))
            {
                yield return $"features.{feature.Name}: its formula uses '{old}', which is deprecated";
            }
        }

        foreach (var policy in config.Policies.Values)
        {
            foreach (var (head, used) in PolicyReading.HeadsOf(policy).SelectMany(head => head.Value.Reads.Select(name => (head.Key, features[name]))))
            {
                if (used.Info.Life == FeatureLife.Deprecated)
                {
                    var what = policy.Heads.IsEmpty ? $"blend.{used.Name}: it" : $"heads.{head}: '{used.Name}'";
                    yield return $"policies.{policy.Name}.{what} is deprecated{(used.Info.Owner.Length > 0 ? $"; ask {used.Info.Owner} what comes instead" : "")}";
                }
            }

            foreach (var used in policy.FirstPhase?.Features.Select(name => features[name]).Where(feature => feature.Info.Life == FeatureLife.Deprecated) ?? [])
            {
                yield return $"policies.{policy.Name}.firstPhase: '{used.Name}' is deprecated{(used.Info.Owner.Length > 0 ? $"; ask {used.Info.Owner} what comes instead" : "")}";
            }

            if (string.Join(", ", PolicyReading.Features(policy).Where(name => features[name].Info.Sensitivity == FeatureSensitivity.Personal)) is { Length: > 0 } personal)
            {
                yield return $"policies.{policy.Name}.{(policy.Heads.IsEmpty ? "blend" : "heads")}: personal are {personal}: missing, or their default, for who did not consent and after an erasure";
            }
        }
    }

    private static string Path(NodeConfig config, Route route)
    {
        var index = 0;
        while (config.Routes[index].Match != route.Match)
        {
            index++;
        }

        return $"routes[{index}]";
    }
}
