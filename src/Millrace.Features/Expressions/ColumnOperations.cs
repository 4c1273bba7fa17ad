using System.Diagnostics;
using Millrace.Features.Numerics;

namespace Millrace.Features.Expressions;

/// <summary>The operations over columns of equal length; the result takes the first operand's place.</summary>
internal static class ColumnOperations
{
    internal static void Unary(Operation operation, Span<double> x)
    {
        switch (operation)
        {
            case Operation.Negate:
                for (int i = 0; i < x.Length; i++) x[i] = -x[i];
                break;
            case Operation.Abs:
                for (int i = 0; i < x.Length; i++) x[i] = Math.Abs(x[i]);
                break;
            case Operation.Log:
                for (int i = 0; i < x.Length; i++) x[i] = 1 + x[i];
                DeterministicLanes.Log(x, x);
                break;
            case Operation.Exp:
                DeterministicLanes.Exp(x, x);
                break;
            case Operation.Sqrt:
                for (int i = 0; i < x.Length; i++) x[i] = Math.Sqrt(x[i]);
                break;
            case Operation.IsNaN:
                for (int i = 0; i < x.Length; i++) x[i] = double.IsNaN(x[i]) ? 1 : 0;
                break;
            default:
                throw new UnreachableException($"{operation} takes another number of values");
        }
    }

    internal static void Binary(Operation operation, Span<double> x, ReadOnlySpan<double> y)
    {
        y = y[..x.Length];
        switch (operation)
        {
            case Operation.Add:
                for (int i = 0; i < x.Length; i++) x[i] += y[i];
                break;
            case Operation.Subtract:
                for (int i = 0; i < x.Length; i++) x[i] -= y[i];
                break;
            case Operation.Multiply:
                for (int i = 0; i < x.Length; i++) x[i] *= y[i];
                break;
            case Operation.Divide:
                for (int i = 0; i < x.Length; i++) x[i] /= y[i];
                break;
            case Operation.Minimum:
                for (int i = 0; i < x.Length; i++) x[i] = Math.Min(x[i], y[i]);
                break;
            case Operation.Maximum:
                for (int i = 0; i < x.Length; i++) x[i] = Math.Max(x[i], y[i]);
                break;
            case Operation.Coalesce:
                for (int i = 0; i < x.Length; i++) x[i] = double.IsNaN(x[i]) ? y[i] : x[i];
                break;
            default:
                Comparison(operation, x, y);
                break;
        }
    }

    internal static void Ternary(Operation operation, Span<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> z)
    {
        y = y[..x.Length];
        z = z[..x.Length];
        switch (operation)
        {
            case Operation.If:
                for (int i = 0; i < x.Length; i++) x[i] = double.IsNaN(x[i]) ? double.NaN : x[i] != 0 ? y[i] : z[i];
                break;
            case Operation.Clamp:
                for (int i = 0; i < x.Length; i++) x[i] = Math.Min(Math.Max(x[i], y[i]), z[i]);
                break;
            default:
                throw new UnreachableException($"{operation} takes another number of values");
        }
    }

    private static void Comparison(Operation operation, Span<double> x, ReadOnlySpan<double> y)
    {
        switch (operation)
        {
            case Operation.Less:
                for (int i = 0; i < x.Length; i++) x[i] = x[i] < y[i] ? 1 : 0;
                break;
            case Operation.LessOrEqual:
                for (int i = 0; i < x.Length; i++) x[i] = x[i] <= y[i] ? 1 : 0;
                break;
            case Operation.Greater:
                for (int i = 0; i < x.Length; i++) x[i] = x[i] > y[i] ? 1 : 0;
                break;
            case Operation.GreaterOrEqual:
                for (int i = 0; i < x.Length; i++) x[i] = x[i] >= y[i] ? 1 : 0;
                break;
            case Operation.Equal:
                for (int i = 0; i < x.Length; i++) x[i] = x[i] == y[i] ? 1 : 0;
                break;
            case Operation.NotEqual:
                for (int i = 0; i < x.Length; i++) x[i] = x[i] != y[i] ? 1 : 0;
                break;
            default:
                throw new UnreachableException($"{operation} takes another number of values");
        }
    }
}
