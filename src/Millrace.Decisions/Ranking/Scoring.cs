using Millrace.Decisions.Ladder;

namespace Millrace.Decisions.Ranking;

/// <summary>What candidates are worth, and their order.</summary>
internal static class Scoring
{
    internal static void Score(in RankProblem problem, Span<double> scores)
    {
        int columns = problem.Weights.Length;
        for (int i = 0; i < scores.Length; i++)
        {
            if (problem.Rung >= Rung.LighterScorer)
            {
                scores[i] = scores.Length - i;
                continue;
            }

            double sum = 0;
            ReadOnlySpan<float> row = problem.Matrix.Slice(i * columns, columns);
            for (int column = 0; column < columns; column++)
            {
                if (!float.IsNaN(row[column])) sum += problem.Weights[column] * row[column];
            }

            scores[i] = double.IsFinite(sum) ? sum : double.MinValue;
        }
    }

    /// <summary>Best first; equal scores in ordinal order of id.</summary>
    internal static void Sort(ReadOnlySpan<string> ids, ReadOnlySpan<double> scores, Span<double> keys, Span<int> order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
            keys[i] = -scores[i];
        }

        keys.Sort(order);
        for (int start = 0; start < order.Length;)
        {
            int end = start + 1;
            while (end < order.Length && keys[end] == keys[start]) end++;
            for (int i = start + 1; i < end; i++)
            {
                int moving = order[i];
                int at = i;
                for (; at > start && string.CompareOrdinal(ids[order[at - 1]], ids[moving]) > 0; at--) order[at] = order[at - 1];
                order[at] = moving;
            }

            start = end;
        }
    }
}
