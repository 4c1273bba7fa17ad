namespace Millrace.Learning.Attribution;

/// <summary>What labels are made of: files of another are not this build's.</summary>
/// <param name="Outcomes">The fingerprint of the outcomes' definitions.</param>
/// <param name="Journal">Names the journal; empty when it has no name.</param>
internal sealed record LabelOrigin(string Outcomes, string Journal)
{
    /// <summary>Raised whenever the same facts would give other labels.</summary>
    public const string EngineText = "1";
}
