using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ranking;
using Millrace.Features.Text;

namespace Millrace.Decisions.Reranking;

/// <summary>
/// The greatest likeness, 0 to 1, of each candidate to what stands above: 1 for an equal attribute value, or the cosine of two vectors, where one below 0 counts as none.
/// Products of bytes are whole numbers and a root and a quotient are rounded exactly, so that the bits are the same on every machine.
/// </summary>
internal sealed class Likeness
{
    private double[] _greatest = [];
    private int[] _squares = [];
    private bool _isUsed;

    /// <summary>Nothing stands above yet.</summary>
    internal void Begin(in SlateProblem problem)
    {
        _isUsed = problem.Lambda > 0 && (problem.Kinships.Length > 0 || problem.Vectors.Length > 0);
        if (!_isUsed) return;
        RankBuffers.Of(ref _greatest, problem.Utilities.Length).Clear();
        if (problem.Kinships.Length > 0) return;
        Span<int> squares = RankBuffers.Of(ref _squares, problem.Utilities.Length);
        for (int i = 0; i < squares.Length; i++) squares[i] = Int8Vector.Dot(Vector(problem, i), Vector(problem, i));
    }

    /// <summary>What <paramref name="candidate"/>'s likeness costs it at this place.</summary>
    internal double Cost(in SlateProblem problem, int candidate) => _isUsed ? problem.Lambda * _greatest[candidate] : 0;

    /// <summary>From here on it stands above.</summary>
    internal void Placed(in SlateProblem problem, int placed)
    {
        if (!_isUsed) return;
        Span<double> greatest = _greatest.AsSpan(0, problem.Utilities.Length);
        if (problem.Kinships.Length > 0)
        {
            int kin = problem.Kinships[placed];
            for (int i = 0; i < greatest.Length && kin >= 0; i++)
            {
                if (problem.Kinships[i] == kin) greatest[i] = 1;
            }

            return;
        }

        ReadOnlySpan<sbyte> vector = Vector(problem, placed);
        for (int i = 0; i < greatest.Length; i++)
        {
            double cosine = Int8Vector.Cosine(Int8Vector.Dot(Vector(problem, i), vector), _squares[i], _squares[placed]);
            if (cosine > greatest[i]) greatest[i] = cosine;
        }
    }

    private static ReadOnlySpan<sbyte> Vector(in SlateProblem problem, int candidate) => problem.Vectors.Slice(candidate * problem.Dimensions, problem.Dimensions);
}
