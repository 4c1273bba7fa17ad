using Millrace.Delivery.Origins;

namespace Millrace.Node.Configuration;

/// <summary>The declaration of origin groups and shield tiers. Defaults are those of the delivery plane's own options, where their reasons stand.</summary>
internal static class OriginShape
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static ObjectShape Group() => new("a group like {members: [{address: \"http://10.0.0.1\"}]}",
    [
        Members("The servers."),
        new("health", Health(), "Probes of every member.") { Optional = true },
        new("ejection", Ejection(), "When a member that does worse than the others is left out for a while."),
        new("retry", new ObjectShape("a mapping",
        [
            new("max", Scalars.Integer(0, 5), "Retries of one request at most.", "1", "a second member answers, or none does"),
            new("share", Share(), "Retries per request over time.", "0.2", "Envoy's and Finagle's budgets"),
            new("burst", Scalars.Integer(1, 10_000), "Retries in a burst after quiet times.", "10", "a member's loss under light load"),
        ]), "How much may be asked again."),
        new("hedge", new ObjectShape("a mapping",
        [
            new("quantile", Scalars.Number(0.5, 0.9999), "The quantile of the group's time to the head after which a second member is asked.", "0.95", "Dean and Barroso: a few percent more load"),
            new("minDelay", Time(), "Never earlier.", "10ms", "a fast group has no tail worth its price"),
            new("share", Share(), "Hedges per request over time.", "0.05", "the price in load"),
            new("burst", Scalars.Integer(1, 10_000), "Hedges in a burst.", "10", "as for retries"),
        ]), "Ask a second member when the first is slow.") { Optional = true },
        new("breaker", Breaker("0.9", "20"), "When a member is not asked at all."),
        new("timeout", Time(), "The whole time of a request to the group, retries and hedges included."),
    ]);

    public static ObjectShape Shields() => new("a tier like {members: [{address: \"http://shield-1:8080\"}]}",
    [
        Members("The shields."),
        new("loadFactor", Scalars.Number(1.01, 100), "How many times its fair share of the requests in hand a shield takes before the object's next is asked.", "1.25", "consistent hashing with bounded loads (2018)"),
        new("tries", Scalars.Integer(1, 8), "Shields that are asked for one request before the origin is.", "2", "a lost shield costs one try"),
        new("budget", Time(), "Time for the shields to give a head; then the origin is asked.", "10s", "half of what a reader waits"),
        new("health", Health(), "Probes of every shield.") { Optional = true },
        new("breaker", Breaker("0.5", "5"), "When a shield is not asked at all."),
    ]);

    private static Field Members(string says) => new("members", new ListShape("a list of members", new ObjectShape("a member like {address: \"http://10.0.0.1\"}",
    [
        new("address", new ScalarShape("an http or https URL without user, query or fragment", t => RouteText.ParseOrigin(t), () => new() { ["type"] = "string", ["format"] = "uri" }), "The server; its path is put before the request's.", Required: true),
        new("weight", Scalars.Integer(1, 1000), "Its share of the requests, beside the others' weights.", "1", "servers are alike"),
    ]), 1, OriginGroupOptions.MaxMembers), says, Required: true);

    private static ObjectShape Health() => new("a mapping like {path: /health}",
    [
        new("path", new ScalarShape("a path", t => t.StartsWith('/') && t.All(static c => c is > ' ' and <= '~') ? t : null, () => new() { ["type"] = "string", ["pattern"] = "^/" }), "What is asked for.", Required: true),
        new("host", Scalars.Line("a host", 255), "The Host field of the probe. Without it the member's own name."),
        new("interval", Scalars.Duration(TimeSpan.FromMilliseconds(100), Day), "Time between probes of a member.", "5s", "Envoy's usual"),
        new("timeout", Time(), "Time for an answer.", "2s", "a health page is small"),
        new("fall", Scalars.Integer(1, 100), "Probes in a row that must fail.", "3", "HAProxy"),
        new("rise", Scalars.Integer(1, 100), "Probes in a row that must succeed.", "2", "HAProxy"),
        new("status", Scalars.Integer(200, 599), "The status expected. Without it any from 200 to 399."),
    ]);

    private static ObjectShape Ejection() => new("a mapping",
    [
        new("consecutiveFailures", Scalars.Integer(0, 10_000), "Failures in a row that eject at once; 0 for never.", "5", "Envoy"),
        new("failureShare", Share(), "The share of failures from which a member that stands out is ejected; 0 for never.", "0.2", "a fifth is felt by every reader"),
        new("latencyFactor", Scalars.Number(0, 1000), "How many times the median of the members' 95th percentiles a member's own must be; 0 for never.", "3", "beyond what load alone does"),
        new("latencyFloor", Time(), "No member is ejected for less.", "20ms", "three times next to nothing is nothing"),
        new("interval", Time(), "How often it is judged.", "10s", "Envoy"),
        new("minRequests", Scalars.Integer(5, 1_000_000), "Requests that a member must have had.", "50", "a 95th percentile of fewer says little"),
        new("time", Time(), "The first ejection's; the nth lasts n times as long.", "30s", "Envoy"),
        new("maxTime", Time(), "The longest.", "5m", "Envoy"),
        new("maxShare", Share(), "The share of members that may be out at once.", "0.5", "the rest must carry the load"),
        new("readmission", Time(), "Over how long a member comes back to its weight.", "30s", "its caches are cold"),
    ]);

    private static ObjectShape Breaker(string failureShare, string minRequests) => new("a mapping",
    [
        new("failureShare", Share(), "The share of failures that opens it; 0 for never.", failureShare, "it is gone, rather than ill"),
        new("minRequests", Scalars.Integer(1, 1_000_000), "Requests that the window must hold.", minRequests, "fewer may be chance"),
        new("window", Time(), "How far back is counted.", "10s", "as ejections"),
        new("open", Time(), "How long it stays open.", "5s", "a restart takes as long"),
        new("successes", Scalars.Integer(1, 100), "Tries in a row that close it.", "2", "one may be luck"),
    ]);

    private static ScalarShape Share() => Scalars.Number(0, 1);

    private static ScalarShape Time() => Scalars.Duration(Millisecond, Day);
}
