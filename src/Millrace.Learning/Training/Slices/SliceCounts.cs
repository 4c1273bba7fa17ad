namespace Millrace.Learning.Training.Slices;

/// <summary>How many examples a slice has, of how many decisions, and from when to when.</summary>
internal sealed record SliceCounts
{
    public long Rows { get; private set; }

    public long Decisions { get; private set; }

    /// <summary>In Unix µs, as <see cref="Last"/> is; of no meaning without rows.</summary>
    public long First { get; private set; }

    public long Last { get; private set; }

    /// <summary>The sum of weights.</summary>
    public double Weight { get; private set; }

    /// <summary>The sum of labels by weight.</summary>
    public double Label { get; private set; }

    internal void Add(long time, bool newDecision, float weight, float label)
    {
        First = Rows == 0 ? time : First;
        (Last, Rows, Decisions) = (time, Rows + 1, Decisions + (newDecision ? 1 : 0));
        (Weight, Label) = (Weight + weight, Label + ((double)weight * label));
    }
}
