namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>One action that a log holds, and what the policy that is judged would have done there.</summary>
/// <param name="Person">Whose it was, for draws by person.</param>
/// <param name="Propensity">The probability with which it was logged, above 0.</param>
/// <param name="Target">The probability with which the judged policy would have taken it.</param>
/// <param name="Reward">What came of it.</param>
/// <param name="Model">What a model of rewards says of it; not a number without one.</param>
/// <param name="Direct">What the model says the judged policy would have earned here: Σ over actions of its probability times the model's word.</param>
/// <param name="Supported">How much of the judged policy's probability stands on actions that could have been logged.</param>
internal readonly record struct LoggedAction(ulong Person, double Propensity, double Target, double Reward, double Model = double.NaN, double Direct = double.NaN, double Supported = 1)
{
    public double Weight => Target / Propensity;
}
