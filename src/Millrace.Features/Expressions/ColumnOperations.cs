using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Millrace.Features.Numerics;

namespace Millrace.Features.Expressions;

/// <summary>
/// The operations over columns of equal length, a multiple of four; the result takes the first operand's place. The operation is chosen anew for every four rows: a
/// branch that is always foretold, against a loop for each of them.
/// </summary>
internal static class ColumnOperations
{
    internal static void Unary(Operation operation, Span<double> x)
    {
        if (operation == Operation.Exp)
        {
            DeterministicLanes.Exp(x, x);
            return;
        }

        for (int i = 0; i < x.Length; i += 4) Of(operation, Load(x, i)).CopyTo(x[i..]);
        if (operation == Operation.Log) DeterministicLanes.Log(x, x);
    }

    internal static void Binary(Operation operation, Span<double> x, ReadOnlySpan<double> y)
    {
        y = y[..x.Length];
        for (int i = 0; i < x.Length; i += 4) Of(operation, Load(x, i), Load(y, i)).CopyTo(x[i..]);
    }

    internal static void Ternary(Operation operation, Span<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> z)
    {
        y = y[..x.Length];
        z = z[..x.Length];
        for (int i = 0; i < x.Length; i += 4) Of(operation, Load(x, i), Load(y, i), Load(z, i)).CopyTo(x[i..]);
    }

    private static Vector256<double> Of(Operation operation, Vector256<double> x) => operation switch
    {
        Operation.Negate => -x,
        Operation.Abs => Vector256.Abs(x),
        Operation.Log => Vector256<double>.One + x,
        Operation.Sqrt => Vector256.Sqrt(x),
        Operation.IsNaN => Truth(~Vector256.Equals(x, x)),
        _ => throw Wrong(operation),
    };

    private static Vector256<double> Of(Operation operation, Vector256<double> x, Vector256<double> y) => operation switch
    {
        Operation.Add => x + y,
        Operation.Subtract => x - y,
        Operation.Multiply => x * y,
        Operation.Divide => x / y,
        Operation.Less => Truth(Vector256.LessThan(x, y)),
        Operation.LessOrEqual => Truth(Vector256.LessThanOrEqual(x, y)),
        Operation.Greater => Truth(Vector256.GreaterThan(x, y)),
        Operation.GreaterOrEqual => Truth(Vector256.GreaterThanOrEqual(x, y)),
        Operation.Equal => Truth(Vector256.Equals(x, y)),
        Operation.NotEqual => Truth(~Vector256.Equals(x, y)),
        Operation.Minimum => Vector256.Min(x, y),
        Operation.Maximum => Vector256.Max(x, y),
        Operation.Coalesce => Vector256.ConditionalSelect(Vector256.Equals(x, x), x, y),
        _ => throw Wrong(operation),
    };

    private static Vector256<double> Of(Operation operation, Vector256<double> x, Vector256<double> y, Vector256<double> z) => operation switch
    {
        Operation.If => Vector256.ConditionalSelect(Vector256.Equals(x, Vector256<double>.Zero), z, Vector256.ConditionalSelect(Vector256.Equals(x, x), y, x)),
        Operation.Clamp => Vector256.Min(Vector256.Max(x, y), z),
        _ => throw Wrong(operation),
    };

    private static Vector256<double> Truth(Vector256<double> mask) => mask & Vector256<double>.One;

    private static Vector256<double> Load(ReadOnlySpan<double> values, int at) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)at);

    private static UnreachableException Wrong(Operation operation) => new($"{operation} takes another number of values");
}
