using Millrace.Features.Numerics;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Learning.Evaluation.Logs;

/// <summary>Judges a policy by an imported log, in passes over the file: its model of rewards is learnt before it is asked.</summary>
internal sealed record ChoiceEvaluation
{
    /// <summary>Reads the log from its beginning; the same each time.</summary>
    public required Func<IEnumerable<Choice>> Read { get; init; }

    public required ITargetPolicy Target { get; init; }

    public EstimationOptions Options { get; init; } = new();

    /// <summary>Of the model of rewards; 1 for one that has seen what it is asked.</summary>
    public int Folds { get; init; } = 5;

    public IReadOnlyList<EvaluationGate> Gates { get; init; } = [];

    public OverlapBounds Bounds { get; init; } = new();

    /// <summary>Lines of the log that should have been used and could not; asked when it was read.</summary>
    public Func<long> LeftOut { get; init; } = static () => 0;

    /// <summary>The key of a context and an action in a model of rewards.</summary>
    public static ulong Cell(ulong context, ulong action) => StableHash.Mix(StableHash.Mix(context) + action);

    /// <exception cref="InvalidDataException">The log holds no choice.</exception>
    public OffPolicy.Evaluation Run(CancellationToken cancellation)
    {
        var from = Fit(cancellation);
        var model = new TabularModel(Folds);
        foreach (var choice in From(from, cancellation))
        {
            model.Add(choice.Person, Cell(choice.Context, choice.Actions[choice.Taken]), choice.Reward);
        }

        var estimators = new ActionEstimators(Options);
        var target = new double[16];
        foreach (var choice in From(from, cancellation))
        {
            if (target.Length < choice.Actions.Length)
            {
                target = new double[choice.Actions.Length];
            }

            var probabilities = target.AsSpan(0, choice.Actions.Length);
            Target.Probabilities(choice, probabilities);
            estimators.Add(Logged(choice, probabilities, model));
        }

        if (estimators.Weights.Count == 0)
        {
            throw new InvalidDataException("the log holds no choice to judge by");
        }

        var left = LeftOut();
        var overlap = Overlap.Of(estimators.Weights) with { LeftOut = left / (double)Math.Max(1, left + estimators.Weights.Count) };
        return OffPolicy.Evaluation.Of(overlap, estimators.Estimates(), estimators.Logged, Gates, Bounds);
    }

    /// <summary>Fits a target that learns on the first half.</summary>
    /// <returns>The first choice that it may be judged by.</returns>
    private long Fit(CancellationToken cancellation)
    {
        if (Target is not FittedTarget fitted)
        {
            return 0;
        }

        var half = From(0, cancellation).LongCount() / 2;
        var at = 0L;
        foreach (var choice in From(0, cancellation))
        {
            if (at++ == half)
            {
                break;
            }

            fitted.Fit(choice);
        }

        return half;
    }

    private IEnumerable<Choice> From(long first, CancellationToken cancellation)
    {
        var at = 0L;
        foreach (var choice in Read())
        {
            cancellation.ThrowIfCancellationRequested();
            if (at++ >= first)
            {
                yield return choice;
            }
        }
    }

    private static LoggedAction Logged(Choice choice, ReadOnlySpan<double> target, TabularModel model)
    {
        var (direct, supported, all) = (0.0, 0.0, 0.0);
        for (var i = 0; i < target.Length; i++)
        {
            var cell = Cell(choice.Context, choice.Actions[i]);
            direct += target[i] * model.Word(choice.Person, cell);
            supported += (choice.Logged is { } logged ? logged[i] > 0 : model.Has(cell)) ? target[i] : 0;
            all += target[i];
        }

        var word = model.Word(choice.Person, Cell(choice.Context, choice.Actions[choice.Taken]));
        return new LoggedAction(choice.Person, choice.Propensity, target[choice.Taken], choice.Reward, word, direct, all > 0 ? supported / all : 0);
    }
}
