using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Journal;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Pareto;

namespace Millrace.Api;

/// <summary>What is to be evaluated, as it comes over the wire.</summary>
internal sealed class EvaluationDraft
{
    public string Surface { get; set; } = "";

    public string? Policy { get; set; }

    public string Event { get; set; } = "click";

    public int WindowSeconds { get; set; } = 600;

    public UnixMicros From { get; set; } = new(long.MinValue);

    public UnixMicros To { get; set; } = new(long.MaxValue);

    public int Decisions { get; set; } = 100_000;

    public ImmutableArray<string> Estimators { get; set; } = [];

    public ImmutableArray<string> Gates { get; set; } = [];
}

/// <summary>What the journal says of a policy.</summary>
/// <param name="Policy">Its name.</param>
/// <param name="Found">The evaluation.</param>
/// <param name="Bounds">From where on the journal is said to know a policy.</param>
/// <param name="LeftOut">Decisions that say nothing of it, by reason.</param>
internal sealed record JournalJudgement(string Policy, Evaluation Found, OverlapBounds Bounds, IReadOnlyDictionary<string, long> LeftOut);

/// <summary>POST /v1/evaluations: what a policy of the configuration would have earned, by the decisions that this node recorded. One at a time, within a minute.</summary>
internal sealed class EvaluationsEndpoint(ApiServices services)
{
    /// <summary>What takes longer is the command's: <c>millrace evaluate</c> reads beside the node.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private int _running;

    public static readonly ObjectShape<EvaluationDraft> Shape = new ObjectShape<EvaluationDraft>("Evaluation", "Judges a policy by the decisions that were recorded.")
        .With("surface", TextShape.Id, (e, v) => e.Surface = v, "Whose decisions.", required: true)
        .With("policy", TextShape.Id, (e, v) => e.Policy = v, "A policy of the configuration; the surface's own when left out.")
        .With("event", new TextShape(1, 256, "the name of an event, or value: and it") { Holds = static text => Objective.Outcome(text) is not null }, (e, v) => e.Event = v, "What counts as reward: each event of the name 1, or with value: its value. click when left out.")
        .With("windowSeconds", new WholeShape(1, 30 * 86_400), (e, v) => e.WindowSeconds = v, "An outcome that comes later after its decision is not its own. 600 when left out.")
        .With("from", new TimeShape(null), (e, v) => e.From = v, "Decisions taken at or after it.")
        .With("to", new TimeShape(null), (e, v) => e.To = v, "Decisions taken before it.")
        .With("decisions", new WholeShape(1, 1_000_000), (e, v) => e.Decisions = v, "No more are judged, the oldest first. 100,000 when left out.")
        .With("estimators", new ListShape<string>(new WordShape<string>([.. EstimatorNames.OfSlates.Select(static name => (name, name))]), 16), (e, v) => e.Estimators = v, "Only these are told; gates may ask any.")
        .With("gates", new ListShape<string>(new TextShape(1, 100, "a gate") { Holds = static text => EvaluationGate.Parse(text) is not null }, 16), (e, v) => e.Gates = v, $"What must hold: {EvaluationGate.Expected}.");

    public async Task PostAsync(HttpContext context)
    {
        var asked = await RequestBody.ReadAsync(context, services, Shape);
        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            throw new ProblemException(ProblemReason.Busy, "Another evaluation runs; one is made at a time.");
        }

        try
        {
            var found = await RunAsync(asked, context.RequestAborted);
            context.Response.Headers.CacheControl = "no-store";
            await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
            {
                json.WriteString("policy", found.Policy);
                json.WriteStartObject("leftOut");
                foreach (var (reason, count) in found.LeftOut)
                {
                    json.WriteNumber(reason, count);
                }

                json.WriteEndObject();
                var told = asked.Estimators.IsEmpty ? found.Found : found.Found with { Estimates = [.. found.Found.Estimates.Where(estimate => asked.Estimators.Contains(estimate.Name))] };
                told.WriteTo(json, found.Bounds);
            });
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    private async Task<JournalJudgement> RunAsync(EvaluationDraft asked, CancellationToken aborted)
    {
        using var patient = new CancellationTokenSource(Longest, services.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patient.Token, aborted);
        try
        {
            return await services.Evaluate(asked, either.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw new ProblemException(ProblemReason.TooLong, "It would take more than a minute: judge fewer decisions, or run millrace evaluate beside the node.");
        }
    }
}
