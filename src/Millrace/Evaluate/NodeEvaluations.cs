using Millrace.Api;
using Millrace.Api.Json;
using Millrace.Decisions.Ranking;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Node;
using Millrace.Pareto;

namespace Millrace.Evaluate;

/// <summary>Evaluations that a running node makes of its own journal, in bounded memory.</summary>
internal sealed class NodeEvaluations(NodeServices node)
{
    /// <summary>About 100 MB of outcomes.</summary>
    private const int MostOutcomes = 1_000_000;

    private const int Replicates = 300;

    /// <exception cref="ProblemException">There is no such surface or policy, a model of it is missing, or there are too many outcomes.</exception>
    public async Task<JournalJudgement> RunAsync(EvaluationDraft asked, CancellationToken cancellation)
    {
        var config = node.Config.Current;
        var surface = config.Surfaces.GetValueOrDefault(asked.Surface)
            ?? throw new ProblemException(ProblemReason.UnknownSurface, $"There is no surface {Reading.Quote(asked.Surface)}.");
        var policy = config.Policies.GetValueOrDefault(asked.Policy ?? surface.Policy)
            ?? throw new ProblemException(ProblemReason.Invalid, "Nothing was evaluated.", [new Fault("/policy", "a policy of the configuration", asked.Policy)]);
        var request = new JournalRequest
        {
            Surface = surface.Name,
            Policy = policy,
            Outcome = Objective.Outcome(asked.Event)!,
            Window = TimeSpan.FromSeconds(asked.WindowSeconds),
            From = asked.From,
            To = asked.To,
            MostDecisions = asked.Decisions,
            MostOutcomes = MostOutcomes,
            Options = new EstimationOptions { Replicates = Replicates },
            Gates = [.. asked.Gates.Select(static text => EvaluationGate.Parse(text)!)],
        };
        try
        {
            JournalEvaluation? run = null;
            run = new JournalEvaluation(node.Journal, node.Models, request, (_, _) => run!.Left.Add("damaged"));
            return new JournalJudgement(policy.Name, await run.RunAsync(cancellation), request.Bounds, run.Left.Counts);
        }
        catch (ModelMissingException missing)
        {
            throw new ProblemException(ProblemReason.Invalid, missing.Message, [new Fault("/policy", "a policy whose models are at hand", policy.Name)]);
        }
        catch (InvalidDataException many)
        {
            throw new ProblemException(ProblemReason.TooLong, many.Message);
        }
    }
}
