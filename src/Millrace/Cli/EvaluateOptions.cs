using System.CommandLine;
using Millrace.Evaluate;
using Millrace.Learning.Evaluation.Logs;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Cli;

/// <summary>What all ways to evaluate share: how estimates are made, what they must reach, where they go.</summary>
internal sealed class EvaluateOptions
{
    private readonly Option<string[]> _gates = new("--gate") { Description = "What an estimate must reach, else the exit code is 1: dr.low>=0.01, or above what was logged, dr.low>=current+0.001. Metrics: value, low, anytimeLow. May be repeated.", HelpName = "GATE" };
    private readonly Option<int> _bootstrap = new("--bootstrap") { Description = "Replicates of the bootstrap over persons.", HelpName = "N", DefaultValueFactory = _ => new EstimationOptions().Replicates };
    private readonly Option<ulong> _seed = new("--seed") { Description = "The seed of its draws.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _effective = new("--least-effective") { Description = "With fewer effective decisions nothing is evaluable.", HelpName = "N", DefaultValueFactory = _ => new OverlapBounds().LeastEffective };
    private readonly Option<double> _covered = new("--least-covered") { Description = "With a smaller share of what the policy would do within what could have been logged nothing is evaluable.", HelpName = "SHARE", DefaultValueFactory = _ => new OverlapBounds().LeastCovered };
    private readonly Option<string?> _report = new("--report") { Description = "Writes the figures as JSON to this file.", HelpName = "FILE" };

    public EvaluateOptions AddTo(Command command)
    {
        _bootstrap.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 20 or > 10_000)
            {
                result.AddError("--bootstrap: expected 20 to 10000.");
            }
        });
        _gates.Validators.Add(static result =>
        {
            foreach (var token in result.Tokens.Where(static token => EvaluationGate.Parse(token.Value) is null))
            {
                result.AddError($"--gate: expected {EvaluationGate.Expected}; got '{token.Value}'.");
            }
        });
        foreach (Option option in (Option[])[_gates, _bootstrap, _seed, _effective, _covered, _report])
        {
            command.Options.Add(option);
        }

        return this;
    }

    public EstimationOptions Estimation(ParseResult parsed) => new() { Replicates = parsed.GetValue(_bootstrap), Seed = parsed.GetValue(_seed) };

    public OverlapBounds Bounds(ParseResult parsed) => new() { LeastEffective = parsed.GetValue(_effective), LeastCovered = parsed.GetValue(_covered) };

    public EvaluationGate[] Gates(ParseResult parsed) => [.. (parsed.GetValue(_gates) ?? []).Select(static text => EvaluationGate.Parse(text)!)];

    /// <summary>Prints evaluations, writes the report and says how it ends.</summary>
    public async Task<ExitCode> TellAsync(ParseResult parsed, TextWriter output, EvaluationReport report, BadLines? bad, CancellationToken cancellation)
    {
        foreach (var (name, evaluation) in report.Evaluations)
        {
            await output.WriteAsync(EvaluationText.Of(name, evaluation, report.Bounds));
        }

        if (bad is not null)
        {
            await output.WriteAsync(EvaluationText.Of(bad));
        }

        if (parsed.GetValue(_report) is { } path)
        {
            await report.WriteAsync(path, Estimation(parsed), bad, cancellation);
        }

        return report.Verdict switch
        {
            Verdict.Pass => ExitCode.Ok,
            Verdict.Fail => ExitCode.Failure,
            _ => ExitCode.NotEvaluable,
        };
    }
}
