using System.Diagnostics.Metrics;

namespace Millrace.Delivery.Origins;

/// <summary>What is known of origins as instruments of the plane's meter: read when somebody looks, so that a request pays nothing.</summary>
internal static class OriginMeters
{
    public static void Register(Meter meter, Func<OriginStats> stats)
    {
        meter.CreateObservableGauge("millrace.delivery.origin.connections", () => stats().Endpoints.Select(static e => Of(e.Open, "endpoint", e.Endpoint)), "{connection}", "Connections open.");
        meter.CreateObservableGauge("millrace.delivery.origin.idle", () => stats().Endpoints.Select(static e => Of(e.Idle, "endpoint", e.Endpoint)), "{connection}", "Connections ready for a request.");
        meter.CreateObservableGauge("millrace.delivery.origin.waiting", () => stats().Endpoints.Select(static e => Of(e.Waiting, "endpoint", e.Endpoint)), "{request}", "Requests that wait for a connection.");
        meter.CreateObservableCounter("millrace.delivery.origin.opened", () => stats().Endpoints.Select(static e => Of(e.Opened, "endpoint", e.Endpoint)), "{connection}", "Connections opened.");
        meter.CreateObservableCounter("millrace.delivery.origin.retries", () => All(stats()).Select(static g => Of(g.Retries, "group", g.Name)), "{request}", "Requests sent again.");
        meter.CreateObservableCounter("millrace.delivery.origin.hedges", () => All(stats()).Select(static g => Of(g.Hedges, "group", g.Name)), "{request}", "Requests sent to a second member too.");
        meter.CreateObservableCounter("millrace.delivery.origin.ejections", () => All(stats()).Select(static g => Of(g.Ejections, "group", g.Name)), "{ejection}", "Members left out as outliers.");
        meter.CreateObservableCounter("millrace.delivery.origin.fallbacks", () => stats().Tiers.Select(static t => Of(t.Fallbacks, "tier", t.Name)), "{request}", "Requests that no shield answered.");
        meter.CreateObservableCounter("millrace.delivery.origin.failures", () => All(stats()).SelectMany(Failures), "{failure}", "What went wrong with members, by fault.");
        meter.CreateObservableGauge("millrace.delivery.origin.available", () => All(stats()).SelectMany(Available), "{member}", "1 for a member that is asked, 0 for one that is left out.");
    }

    private static IEnumerable<OriginGroupStats> All(OriginStats stats) => stats.Groups.Concat(stats.Tiers);

    private static Measurement<long> Of(long value, string tag, string name) => new(value, new KeyValuePair<string, object?>(tag, name));

    private static IEnumerable<Measurement<long>> Failures(OriginGroupStats group) => group.Members.SelectMany(member => member.Failures.Select(failure => new Measurement<long>(
        failure.Value, new("group", group.Name), new("member", member.Address.AbsoluteUri), new KeyValuePair<string, object?>("fault", failure.Key.Wire()))));

    private static IEnumerable<Measurement<long>> Available(OriginGroupStats group) => group.Members.Select(member => new Measurement<long>(
        member.IsHealthy && !member.IsEjected && member.Breaker == BreakerState.Closed ? 1 : 0, new("group", group.Name), new KeyValuePair<string, object?>("member", member.Address.AbsoluteUri)));
}
