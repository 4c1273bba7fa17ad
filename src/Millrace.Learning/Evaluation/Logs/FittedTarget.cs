using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Learning.Evaluation.Logs;

/// <summary>Takes the action whose mean reward was best, by context or over all of them; to be judged on choices that it was not fitted on.</summary>
/// <param name="byContext">Whether contexts are told apart.</param>
internal sealed class FittedTarget(bool byContext) : ITargetPolicy
{
    private readonly TabularModel _means = new(1);

    /// <summary>Learns a choice's reward.</summary>
    public void Fit(Choice choice) => _means.Add(choice.Person, Cell(choice, choice.Taken), choice.Reward);

    public void Probabilities(Choice choice, Span<double> probabilities)
    {
        probabilities.Clear();
        var best = 0;
        for (var i = 1; i < probabilities.Length; i++)
        {
            best = _means.Word(0, Cell(choice, i)) > _means.Word(0, Cell(choice, best)) ? i : best;
        }

        probabilities[best] = 1;
    }

    private ulong Cell(Choice choice, int action) => ChoiceEvaluation.Cell(byContext ? choice.Context : 0, choice.Actions[action]);
}
