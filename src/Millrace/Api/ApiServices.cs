using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Millrace.Decisions;
using Millrace.Decisions.Explain;
using Millrace.Decisions.Pipeline;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node.Skew;

namespace Millrace.Api;

/// <summary>What the API stands on; the node puts it together.</summary>
internal sealed record ApiServices
{
    public required IJournal Journal { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>Makes UUIDv7 ids for decisions, items' facts and purges that came without one.</summary>
    public required Func<string> NewId { get; init; }

    /// <summary>Decides, and tells the steps' times to whoever asks for them.</summary>
    public required Func<DecideRequest, StepTimes?, Decided> Decide { get; init; }

    /// <summary>Tenant and decision id → where and for whom it was decided; null when memory does not know, though the journal may.</summary>
    public required Func<string, string, DecisionContext?> Recall { get; init; }

    /// <summary>The names of the surfaces that exist now.</summary>
    public required Func<IEnumerable<string>> Surfaces { get; init; }

    /// <summary>Tenant and item id → the body URL that the catalogue knows; null when it knows none.</summary>
    public required Func<string, string, string?> BodyUrl { get; init; }

    /// <summary>A decision and an item to say of why it is not there, or null → why the decision is as it is.</summary>
    public required Func<Decided, string?, Explanation> Explain { get; init; }

    public required Func<Decided, ReplayAnswer> Replay { get; init; }

    /// <summary>What the journal says of a policy.</summary>
    public Func<EvaluationDraft, CancellationToken, Task<JournalJudgement>> Evaluate { get; init; } =
        static (_, _) => throw new ProblemException(ProblemReason.UnknownPath, "Nothing is evaluated here.");

    public required IDeliveryUrls Urls { get; init; }

    public required IEventTokens Tokens { get; init; }

    public required IPurge Purge { get; init; }

    /// <summary>Explains the cache; null where there is none to explain.</summary>
    public ICacheExplanations? Cache { get; init; }

    /// <summary>What the skew watch found.</summary>
    public Func<SkewReport> Skew { get; init; } = static () => SkewReport.Off;

    /// <summary>The keys that an erasure destroys.</summary>
    public required ISubjectKeys Keys { get; init; }

    /// <summary>Tenant and user or session → the digest by which facts name who was erased.</summary>
    public required Func<string, string, string> DigestOf { get; init; }

    /// <summary>Completes when the decisions that were answered before are durable, or dropped.</summary>
    public Func<CancellationToken, Task> SettleDecisions { get; init; } = static _ => Task.CompletedTask;

    /// <summary>Tenant and user → the sessions that are known to be the user's.</summary>
    public Func<string, string, IReadOnlyList<string>> SessionsOf { get; init; } = static (_, _) => [];

    /// <summary>Tenant, user and sessions: drops what memory holds of them.</summary>
    public Action<string, string, IReadOnlyList<string>> Forget { get; init; } = static (_, _, _) => { };

    public required ApiMemory Memory { get; init; }

    public required ApiMetrics Metrics { get; init; }

    /// <summary>The tenant of a request's key.</summary>
    public Func<HttpContext, string> Tenant { get; init; } = static _ => "default";

    /// <summary>Told of what should not have happened; the client gets a 500 that says no more than that.</summary>
    public Action<Exception> Faulted { get; init; } = static _ => { };

    /// <summary>Whether the key that a request came with is a secret: browsers' keys are not, hence nobody vouches for what they send.</summary>
    public Func<HttpContext, bool> IsTrusted { get; init; } = static _ => true;

    /// <summary>Whether events that came with a browser's key and without a token count in features like any other.</summary>
    public bool CountUnattested { get; init; }

    public ApiLimits Limits { get; init; } = new();

    public UnixMicros Now => UnixMicros.Now(Clock);
}

/// <summary>The API's counters.</summary>
internal sealed class ApiMetrics(Meter meter)
{
    private readonly Counter<long> _limits = meter.CreateCounter<long>("millrace.api.bounds_hit", "{hit}", "Bounds hit, by name.");
    private readonly Counter<long> _refused = meter.CreateCounter<long>("millrace.api.refused", "{request}", "Requests refused, by reason.");
    private readonly Counter<long> _records = meter.CreateCounter<long>("millrace.api.records", "{record}", "Events and items received, by outcome.");

    public void LimitHit(string bound) => _limits.Add(1, new KeyValuePair<string, object?>("bound", bound));

    public void Refused(ProblemReason reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason.Word()));

    public void Record(string outcome) => _records.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
