namespace Millrace.Features.Expressions;

/// <summary>What one instruction does to the stack of columns.</summary>
internal enum Operation
{
    Constant,
    Input,
    Negate,
    Abs,
    Log,
    Exp,
    Sqrt,
    IsNaN,
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Minimum,
    Maximum,
    Coalesce,
    If,
    Clamp,
}

internal static class OperationArity
{
    /// <summary>How many columns the operation takes from the stack; it puts one back.</summary>
    internal static int Arity(this Operation operation) => operation switch
    {
        <= Operation.Input => 0,
        <= Operation.IsNaN => 1,
        <= Operation.Coalesce => 2,
        _ => 3,
    };
}
