using Millrace.Features.Numerics;
using Millrace.Learning.Training;

namespace Millrace.Tests.Learning.Training;

/// <summary>Examples with a known signal: the label is likelier with the first column, less likely with the second; the third names categories, the others are noise.</summary>
internal static class MadeExamples
{
    internal const int Columns = 6;

    internal static readonly string[] Names = ["up", "down", "kind", "noise_1", "noise_2", "noise_3"];

    internal static ArrayExamples Make(ulong seed, int decisions, int perDecision = 5, Func<int, bool>? flipped = null)
    {
        var (matrix, labels) = (new float[decisions * perDecision * Columns], new float[decisions * perDecision]);
        for (var row = 0; row < labels.Length; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                var unit = Philox.ToUnit(Philox.Draw(seed, (ulong)row, (ulong)column).First);
                matrix[(row * Columns) + column] = column == 2 ? (float)Math.Floor(unit * 8) : (float)unit;
            }

            var values = matrix.AsSpan(row * Columns, Columns);
            var score = (4 * values[0]) - (3 * values[1]) + (values[2] is 1 or 5 ? 1 : 0) - 2;
            if (flipped?.Invoke(row) == true) score = -score;
            labels[row] = Philox.ToUnit(Philox.Draw(seed, (ulong)row, 99).First) < 1 / (1 + Math.Exp(-score)) ? 1 : 0;
        }

        return ArrayExamples.Of([.. Names], matrix, labels, Enumerable.Repeat(perDecision, decisions));
    }
}
