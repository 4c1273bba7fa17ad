using System.Globalization;

namespace Millrace.Features.Expressions;

/// <summary>One step of a postfix program.</summary>
/// <param name="Operation">What it does.</param>
/// <param name="Input">For <see cref="Operation.Input"/>: the index in the expression's names.</param>
/// <param name="Constant">For <see cref="Operation.Constant"/>: the value, finite and not negative.</param>
internal readonly record struct Instruction(Operation Operation, int Input = 0, double Constant = 0)
{
    /// <summary>The step as text, from which it could be read again: equal texts are equal steps.</summary>
    internal string ToString(IReadOnlyList<string> names) => Operation switch
    {
        Operation.Constant => Constant.ToString("R", CultureInfo.InvariantCulture),
        Operation.Input => names[Input],
        _ => $"{Operation}!",
    };
}
