using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Tiers;

namespace Millrace.Node.Configuration;

/// <summary>Turns faultless routes, origin groups and shield tiers into the delivery plane's records.</summary>
internal static class RouteBinder
{
    public static ImmutableArray<Route> Routes(BoundObject root)
    {
        var groups = root["origins"].Entries.ToDictionary(e => e.Name, e => Group(e.Name, e.Value.Object!), StringComparer.Ordinal);
        var shields = root["shields"].Entries.ToDictionary(e => e.Name, e => Shields(e.Name, e.Value.Object!), StringComparer.Ordinal);
        return [.. root["routes"].Items.Select(r => Route(r.Object!, groups, shields))];
    }

    private static Route Route(BoundObject route, Dictionary<string, OriginGroupOptions> groups, Dictionary<string, ShieldOptions> shields)
    {
        var group = route["origin"].Text is { } name ? groups[name] : null;
        var ttl = route["ttl"].Object!;
        var timeouts = route["timeouts"].Object!;
        return new Route(route.Get<string>("match"), group?.Members[0].Address ?? route.Get<Uri>("origin"), ContractOf(route["contract"]))
        {
            Group = group,
            Shields = route["shield"].Text is { } tier ? shields[tier] : null,
            Target = Target(route),
            Signing = route["signed"].Object is { } signed
                ? new SigningRules { Keys = [.. signed["keys"].Entries.Select(k => new SigningKey(k.Name, Encoding.UTF8.GetBytes(k.Value.Text!)))] }
                : null,
            Methods = Texts(route["methods"]),
            RequestFields = Changes(route["request"].Object!),
            ResponseFields = Changes(route["response"].Object!),
            Cacheable = route.Get<bool>("cacheable"),
            Lifetimes = new LifetimeRules
            {
                Default = ttl.Find<TimeSpan>("default"),
                Min = ttl.Find<TimeSpan>("min"),
                Max = ttl.Find<TimeSpan>("max"),
                Negative = route["negative"].Entries.IsEmpty
                    ? LifetimeRules.AsStated.Negative
                    : route["negative"].Entries.ToFrozenDictionary(e => e.Name, e => (TimeSpan)e.Value.Value!, StringComparer.Ordinal),
            },
            TargetedFields = route["cacheControl"].Value is null ? Delivery.Routes.Route.UsualTargetedFields : Texts(route["cacheControl"]),
            SetCookie = Enum.Parse<SetCookieRule>(route.Get<string>("setCookie"), ignoreCase: true),
            MaxObjectBytes = route.Find<long>("maxObject"),
            Compress = route.Get<bool>("compress"),
            AskPlain = route.Get<bool>("askPlain"),
            Timeouts = new RouteTimeouts(timeouts.Find<TimeSpan>("connect"), timeouts.Find<TimeSpan>("response"), timeouts.Find<TimeSpan>("idle")),
        };
    }

    private static Contract ContractOf(Bound contract) => contract switch
    {
        { Object: { } bounded } => Contract.Bounded(bounded.Get<TimeSpan>("bounded")),
        { Text: "strict" } => Contract.Strict,
        _ => Contract.Available,
    };

    private static TargetRules Target(BoundObject route)
    {
        var (key, query) = (route["key"].Object!, route["query"].Object!);
        return new TargetRules
        {
            AllowedQuery = query["allow"].Value is null ? null : Texts(query["allow"]),
            IgnoredQuery = Texts(query["ignore"]),
            SendIgnored = query.Get<bool>("sendIgnored"),
            SortQuery = key["query"].Text == "sorted",
            FoldPathCase = key["path"].Text == "lower",
            Show = key.Get<bool>("show"),
        };
    }

    private static FieldChanges Changes(BoundObject changes) => new()
    {
        Remove = Texts(changes["remove"]),
        Set = changes["set"].Entries.Select(e => KeyValuePair.Create(e.Name, e.Value.Text!)).ToImmutableArray(),
    };

    private static OriginGroupOptions Group(string name, BoundObject group) => new()
    {
        Name = name,
        Members = Members(group),
        Health = Health(group),
        Ejection = Ejection(group["ejection"].Object!),
        Retry = group["retry"].Object is { } retry ? new RetryOptions { Max = retry.Get<int>("max"), Share = retry.Get<double>("share"), Burst = retry.Get<int>("burst") } : new(),
        Hedge = group["hedge"].Object is { } hedge
            ? new HedgeOptions { Quantile = hedge.Get<double>("quantile"), MinDelay = hedge.Get<TimeSpan>("minDelay"), Share = hedge.Get<double>("share"), Burst = hedge.Get<int>("burst") }
            : null,
        Breaker = Breaker(group["breaker"].Object!),
        Timeout = group.Find<TimeSpan>("timeout"),
    };

    private static ShieldOptions Shields(string name, BoundObject tier) => new()
    {
        Name = name,
        Members = Members(tier),
        LoadFactor = tier.Get<double>("loadFactor"),
        Tries = tier.Get<int>("tries"),
        Budget = tier.Get<TimeSpan>("budget"),
        Health = Health(tier),
        Breaker = Breaker(tier["breaker"].Object!),
    };

    private static ImmutableArray<OriginMember> Members(BoundObject group) =>
        [.. group["members"].Items.Select(m => new OriginMember(m.Object!.Get<Uri>("address"), m.Object!.Get<int>("weight")))];

    private static HealthCheckOptions? Health(BoundObject of) => of["health"].Object is not { } health ? null : new HealthCheckOptions
    {
        Path = health.Get<string>("path"),
        Host = health["host"].Text,
        Interval = health.Get<TimeSpan>("interval"),
        Timeout = health.Get<TimeSpan>("timeout"),
        Fall = health.Get<int>("fall"),
        Rise = health.Get<int>("rise"),
        Status = health.Find<int>("status"),
    };

    private static EjectionOptions Ejection(BoundObject ejection) => new()
    {
        ConsecutiveFailures = ejection.Get<int>("consecutiveFailures"),
        FailureShare = ejection.Get<double>("failureShare"),
        LatencyFactor = ejection.Get<double>("latencyFactor"),
        LatencyFloor = ejection.Get<TimeSpan>("latencyFloor"),
        Interval = ejection.Get<TimeSpan>("interval"),
        MinRequests = ejection.Get<int>("minRequests"),
        Time = ejection.Get<TimeSpan>("time"),
        MaxTime = ejection.Get<TimeSpan>("maxTime"),
        MaxShare = ejection.Get<double>("maxShare"),
        Readmission = ejection.Get<TimeSpan>("readmission"),
    };

    private static BreakerOptions Breaker(BoundObject breaker) => new()
    {
        FailureShare = breaker.Get<double>("failureShare"),
        MinRequests = breaker.Get<int>("minRequests"),
        Window = breaker.Get<TimeSpan>("window"),
        Open = breaker.Get<TimeSpan>("open"),
        Successes = breaker.Get<int>("successes"),
    };

    private static ImmutableArray<string> Texts(Bound list) => list.Items.Select(item => item.Text!).ToImmutableArray();
}
