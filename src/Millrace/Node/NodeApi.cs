using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Millrace.Api;
using Millrace.Decisions.Explain;
using Millrace.Decisions.Replay;
using Millrace.Delivery.Purge;
using Millrace.Evaluate;
using Millrace.Flywheel;
using Millrace.Node.Skew;

namespace Millrace.Node;

/// <summary>Puts together what the API stands on: the planes and the joints between them.</summary>
internal static class NodeApi
{
    /// <summary>Reads back what the API must remember; the API may serve when this is done.</summary>
    public static async Task<ApiServices> OpenAsync(NodeServices node, DeliveryTokens tokens, PurgeFollower purges, CancellationToken cancellation)
    {
        var bounds = node.Config.Current.Limits;
        var limits = new ApiLimits { RequestBody = bounds.RequestBody, RequestLine = (int)bounds.RequestLine, RequestLines = bounds.RequestLines };
        var metrics = new ApiMetrics(node.Meter);
        var eventTokens = new EventTokens(tokens, node.Clock);
        await eventTokens.LoadAsync(node.Journal, cancellation);
        node.Meter.CreateObservableCounter(
            "millrace.tokens.bounds_hit", () => new Measurement<long>(eventTokens.DroppedEarly, new KeyValuePair<string, object?>("bound", "spentTokens")), "{hit}", "Bounds hit, by name.");
        return new ApiServices
        {
            Journal = node.Journal,
            Clock = node.Clock,
            NewId = node.NewId,
            Decide = node.Decider.Decide,
            Recall = node.Decider.Recall,
            IsTrusted = static context => context.KeyOf().Scope != KeyScope.Events,
            CountUnattested = node.Config.Current.Events.Unattested == "count",
            Surfaces = () => node.Serving.Current.Policies.Surfaces.Select(surface => surface.Name),
            BodyUrl = (_, item) => node.Snapshot.Find(item)?.BodyUrl,
            Explain = (decision, item) => Explain(node, decision, item),
            Replay = decision => Replay(node, decision),
            Evaluate = new NodeEvaluations(node).RunAsync,
            Urls = new DeliveryUrls(tokens),
            Tokens = eventTokens,
            Purge = new PurgeToJournal(node.Journal, purges, DeliverySettings.InstanceOf(node.Config.Current), () => node.Delivery.Plane.Routes),
            Cache = new DeliveryToExplanation(node.Delivery.Plane),
            Skew = () => node.Skew?.Report ?? SkewReport.Off,
            Keys = node.Subjects,
            DigestOf = new SubjectDigests(node.TokenKey).Of,
            SettleDecisions = node.Decisions.SettleAsync,
            SessionsOf = (tenant, user) => node.Persons.SessionsOf(tenant, user),
            Forget = (tenant, user, sessions) =>
            {
                node.Decider.Forget(tenant, [user, .. sessions]);
                node.Folding.Forget(tenant, user, sessions);
            },
            Memory = await ApiMemory.OpenAsync(node.Journal, node.Clock, limits, metrics, cancellation),
            Metrics = metrics,
            Tenant = static context => context.KeyOf().Tenant,
            Limits = limits,
            Faulted = fault => node.Logger.LogError(NodeEvents.RequestFaulted, fault, "A request failed; the client was answered 500"),
        };
    }

    private static ReplayAnswer Replay(NodeServices node, Journal.Facts.Decided decision)
    {
        var result = Replayer.Replay(decision, node.Policies.Find(decision.Policy), node.Models);
        return new ReplayAnswer(Word(result.Verdict), result.Differences);
    }

    private static Explanation Explain(NodeServices node, Journal.Facts.Decided decision, string? item)
    {
        var policy = node.Policies.Find(decision.Policy);
        return Explainer.Explain(decision, policy, node.Models, item, outside: policy is null ? null : absent => CandidateJudge.Of(absent, decision, policy, node.Snapshot));
    }

    private static string Word(ReplayVerdict verdict) => char.ToLowerInvariant(verdict.ToString()[0]) + verdict.ToString()[1..];
}
