namespace Millrace.Learning.Evaluation.Logs;

/// <summary>A policy that an imported log is asked about.</summary>
internal interface ITargetPolicy
{
    /// <summary>Writes down with which probability it takes each action of a choice.</summary>
    void Probabilities(Choice choice, Span<double> probabilities);
}

/// <summary>Every action alike.</summary>
internal sealed class UniformTarget : ITargetPolicy
{
    public void Probabilities(Choice choice, Span<double> probabilities) => probabilities.Fill(1.0 / probabilities.Length);
}

/// <summary>Probabilities by context and action, or by action alone; cut down to the actions that are there. A choice of which it names no action is not covered.</summary>
/// <param name="table">By context and action; context 0 is for any.</param>
internal sealed class TableTarget(IReadOnlyDictionary<(ulong Context, ulong Action), double> table) : ITargetPolicy
{
    public void Probabilities(Choice choice, Span<double> probabilities)
    {
        var sum = 0.0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] = table.TryGetValue((choice.Context, choice.Actions[i]), out var own) ? own : table.GetValueOrDefault((0UL, choice.Actions[i]));
            sum += probabilities[i];
        }

        // What sums to 1 up to rounding stays as it is written.
        if (Math.Abs(sum - 1) > 1e-6)
        {
            for (var i = 0; i < probabilities.Length; i++)
            {
                probabilities[i] = sum > 0 ? probabilities[i] / sum : 0;
            }
        }
    }
}
