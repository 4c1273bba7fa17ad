namespace Millrace.Learning.Training.Slices;

/// <summary>What an example is used for, by when it was decided.</summary>
internal enum Slice
{
    /// <summary>Trees learn from it.</summary>
    Train,

    /// <summary>Nothing: its outcomes were still open when the next slice began, and so know of that slice's time.</summary>
    Gap,

    /// <summary>Says when to stop, and what a calibration is fitted to.</summary>
    Valid,

    /// <summary>Judges what came out.</summary>
    Test,
}
