namespace Millrace.Learning.Evaluation.Logs;

/// <summary>A choice that somebody else's log holds: one action out of several.</summary>
/// <param name="Person">Whose it was, for draws by person; logs that name nobody give each choice its own.</param>
/// <param name="Context">What the reward model tells apart beside the action: the position, the slot.</param>
/// <param name="Actions">The actions that were there, each by its key.</param>
/// <param name="Taken">Which of them was taken.</param>
/// <param name="Propensity">With which probability.</param>
/// <param name="Reward">What came of it.</param>
/// <param name="Logged">The probabilities of all actions; null where the log has only that of the one that was taken.</param>
internal sealed record Choice(ulong Person, ulong Context, ulong[] Actions, int Taken, double Propensity, double Reward, double[]? Logged = null);
