namespace Millrace.Decisions.Exploration;

/// <summary>One place of a slate as it was drawn.</summary>
/// <param name="Candidate">The candidate's index; −1 when nothing feasible was left.</param>
/// <param name="Score">Its utility, less what likeness to the items above costs.</param>
/// <param name="Propensity">P(candidate here | the places above, the inputs), exact.</param>
/// <param name="Explored">Whether the draw departed from the best feasible.</param>
/// <param name="Explorable">Whether a draw could have changed it: false for a pin, and where one candidate had all the probability.</param>
internal readonly record struct Placement(int Candidate, double Score, double Propensity, bool Explored, bool Explorable);
