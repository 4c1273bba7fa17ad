namespace Millrace.Decisions.Pipeline;

/// <summary>How long each step of one decision took, over all rungs that were tried. One decision's own; not thread-safe.</summary>
public sealed class StepTimes
{
    /// <summary>How many steps there are.</summary>
    public const int Count = (int)DecisionStep.Record + 1;

    private static readonly string[] Names = ["person", "candidates", "firstPhase", "features", "ranking", "record"];

    private readonly TimeSpan[] _took = new TimeSpan[Count];
    private int _begun;
    private int _late;

    /// <summary><c>person</c>, <c>candidates</c> ...</summary>
    public static string Text(DecisionStep step) => Names[(int)step];

    /// <summary>Whether the answer was an earlier one of the same id: then nothing was done again.</summary>
    public bool Repeated { get; internal set; }

    /// <summary>How long <paramref name="step"/> took; null when it was never begun.</summary>
    public TimeSpan? Of(DecisionStep step) => (_begun & (1 << (int)step)) != 0 ? _took[(int)step] : null;

    /// <summary>Whether <paramref name="step"/> would have begun too late on a rung that was tried.</summary>
    public bool WasLate(DecisionStep step) => (_late & (1 << (int)step)) != 0;

    /// <summary>Forgets the decision before.</summary>
    public void Clear()
    {
        Array.Clear(_took);
        (_begun, _late, Repeated) = (0, 0, false);
    }

    internal void Add(DecisionStep step, TimeSpan took)
    {
        _took[(int)step] += took;
        _begun |= 1 << (int)step;
    }

    internal void Late(DecisionStep step) => _late |= 1 << (int)step;

    internal void CopyTo(StepTimes other)
    {
        _took.CopyTo(other._took, 0);
        (other._begun, other._late, other.Repeated) = (_begun, _late, Repeated);
    }
}
