using System.Runtime.InteropServices;

namespace Millrace.Learning.Training;

/// <summary>How much each tree adds: a line down to a floor, declared so that a report can say it and a resumed run go on with it.</summary>
/// <param name="Start">Of the first tree.</param>
/// <param name="Step">What each further tree adds to it.</param>
/// <param name="Least">The floor.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LearningRate(double Start, double Step = 0, double Least = 0)
{
    internal double At(int round) => Math.Max(Least, Start + (Step * round));
}
