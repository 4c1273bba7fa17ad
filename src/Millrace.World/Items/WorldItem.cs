namespace Millrace.World.Items;

/// <summary>An item with its truth, which only the world knows.</summary>
/// <param name="Index">Its number, in order of birth.</param>
/// <param name="Id">Its id in the API.</param>
/// <param name="Topic">What it is mainly about.</param>
/// <param name="SecondTopic">What it is also about, with <see cref="WorldItem.SecondTopicShare"/> of the weight.</param>
/// <param name="Country">Whom it is written for.</param>
/// <param name="Provider">Who publishes it.</param>
/// <param name="Quality">0..1, skewed: few are good.</param>
/// <param name="Satisfaction">Probability that whoever clicked it has found what they came for.</param>
/// <param name="Born">When it is published, from the world's start; negative for what was there before.</param>
/// <param name="Dies">When it expires.</param>
public sealed record WorldItem(
    int Index, string Id, int Topic, int SecondTopic, int Country, int Provider, double Quality, double Satisfaction, TimeSpan Born, TimeSpan Dies)
{
    /// <summary>The share of an item's weight that its second topic has.</summary>
    public const double SecondTopicShare = 0.25;
}
