using Millrace.Learning.Training.Positions;

namespace Millrace.Train;

/// <summary>What a training does about how examples came to be seen.</summary>
/// <param name="Position">About the rank at which they were shown.</param>
/// <param name="FixesDelivery">Whether the delivery of their bodies is a column that is held at that of a hit.</param>
/// <param name="Draws">What <see cref="PositionRemedy.Weights"/> knows of how places were drawn.</param>
internal sealed record BiasRemedies(PositionRemedy Position = PositionRemedy.None, bool FixesDelivery = false, PairDraws Draws = PairDraws.Any)
{
    /// <summary>Whether the model learns with columns that it is served without.</summary>
    internal bool HasColumns => FixesDelivery || Position == PositionRemedy.Feature;
}

/// <summary>What is done about ranks that are looked at less.</summary>
internal enum PositionRemedy
{
    /// <summary>Nothing: clicks are taken at their word.</summary>
    None,

    /// <summary>A click counts 1 / examination, which the draws of neighbouring places tell.</summary>
    Weights,

    /// <summary>The rank is a column that is held at the first.</summary>
    Feature,

    /// <summary>What was not clicked counts the probability that it was looked at, by regression-EM.</summary>
    Em,
}
